using System.Net;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>The tags of a repository, page by page (distribution-spec, "Listing Tags").</summary>
internal static class TagList
{
    private const int MaximumPageBytes = 4 << 20;
    private const int MaximumTags = 100_000;
    private const int MaximumPages = 1000;

    public static async Task<IReadOnlyList<string>> ReadAsync(RegistryConnection connection, Uri first, ImageReference reference, TimeSpan idle, CancellationToken cancellation)
    {
        List<string> tags = [];
        HashSet<string> pages = [];
        for (Uri? page = first; page is not null;)
        {
            // A registry that leads in circles, or never ends.
            if (!pages.Add(page.ToString()) || tags.Count > MaximumTags || pages.Count > MaximumPages)
                throw new ImageException(ImageErrorKind.Corrupt, $"the list of tags of {reference.FamiliarName} does not end");
            byte[] body = [];
            using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Get, page, Scope.Pull(reference.Repository), null, cancellation,
                take: async r => body = await RegistryConnection.ReadAsync(r, MaximumPageBytes, "tag list", idle, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound)
                throw new ImageException(ImageErrorKind.NotFound, $"repository {reference.FamiliarName} not found");
            try
            {
                foreach (string tag in JsonMapReader.Read(body, "tag list", Map))
                    tags.Add(reference.WithTag(tag).Tag!);
            }
            catch (Exception e) when (e is DocumentException or FormatException)
            {
                throw new ImageException(ImageErrorKind.Corrupt, e is DocumentException ? e.Message : $"the list of tags of {reference.FamiliarName} has one that is none", e);
            }
            page = Next(response, connection.Address);
        }
        return tags;
    }

    // Link: </v2/name/tags/list?n=…&last=…>; rel="next" (RFC 8288). Only to where we are already.
    private static Uri? Next(HttpResponseMessage response, Uri address)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            return null;
        foreach (string link in links)
            if (link.StartsWith('<') && link.IndexOf('>') is > 1 and var end && link[end..].Contains("next", StringComparison.Ordinal)
                && Uri.TryCreate(response.RequestMessage!.RequestUri!, link[1..end], out Uri? next))
                return new Uri(address.GetLeftPart(UriPartial.Authority) + next.PathAndQuery);
        return null;
    }

    private static IReadOnlyList<string>? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string> tags = [];
        while (json.NextMember() is { } name)
            if (name == "tags")
                tags = json.TextList();
            else
                json.Skip();
        return tags;
    }
}
