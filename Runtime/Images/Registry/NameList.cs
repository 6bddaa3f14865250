using System.Net;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>Names that a registry tells page by page: tags (distribution-spec, "Listing Tags"), and repositories.</summary>
internal static class NameList
{
    private const int MaximumPageBytes = 4 << 20;
    private const int MaximumNames = 100_000;
    public const int MaximumPages = 1000;

    public static async Task<IReadOnlyList<string>> TagsAsync(RegistryConnection connection, Uri first, ImageReference reference, CancellationToken cancellation)
    {
        string what = $"the list of tags of {reference.FamiliarName}";
        IReadOnlyList<string> tags = await ReadAsync(connection, first, Scope.Pull(reference.Repository), "tags", what, cancellation).ConfigureAwait(false)
            ?? throw new ImageException(ImageErrorKind.NotFound, $"repository {reference.FamiliarName} not found");
        try
        {
            return [.. tags.Select(tag => reference.WithTag(tag).Tag!)];
        }
        catch (FormatException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"{what} has one that is none", e);
        }
    }

    public static async Task<IReadOnlyList<string>> RepositoriesAsync(RegistryConnection connection, Uri first, CancellationToken cancellation) =>
        await ReadAsync(connection, first, Scope.Catalog, "repositories", $"the list of repositories of {connection.Address.Authority}", cancellation).ConfigureAwait(false)
            ?? throw new ImageException(ImageErrorKind.Unsupported, $"{connection.Address.Authority} does not tell its repositories");

    // Null where the registry has no such list.
    private static async Task<IReadOnlyList<string>?> ReadAsync(RegistryConnection connection, Uri first, string scope, string member, string what, CancellationToken cancellation)
    {
        List<string> names = [];
        HashSet<string> pages = [];
        for (Uri? page = first; page is not null;)
        {
            // A registry that leads in circles, or never ends.
            if (!pages.Add(page.ToString()) || names.Count > MaximumNames || pages.Count > MaximumPages)
                throw new ImageException(ImageErrorKind.Corrupt, $"{what} does not end");
            (HttpResponseMessage response, byte[] body) = await connection.GetAsync(page, scope, MaximumPageBytes, what, null, cancellation).ConfigureAwait(false);
            using HttpResponseMessage answer = response;
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            try
            {
                names.AddRange(JsonMapReader.Read(body, what, json => Map(json, member)));
            }
            catch (DocumentException e)
            {
                throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
            }
            page = Next(response, connection.Address);
        }
        return names;
    }

    /// <summary>The next page of a list: <c>Link: &lt;/v2/name/tags/list?n=…&amp;last=…&gt;; rel="next"</c> (RFC 8288). Only where we are already.</summary>
    public static Uri? Next(HttpResponseMessage response, Uri address)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            return null;
        // One header may have several, `<…>; rel="prev", <…>; rel="next"`.
        foreach (string link in links.SelectMany(l => l.Split('<')))
            if (link.IndexOf('>') is > 0 and var end && link[end..].Contains("next", StringComparison.Ordinal)
                && Uri.TryCreate(response.RequestMessage!.RequestUri!, link[..end], out Uri? next))
                return new Uri(address.GetLeftPart(UriPartial.Authority) + next.PathAndQuery);
        return null;
    }

    private static IReadOnlyList<string>? Map(JsonMapReader json, string member)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string> names = [];
        while (json.NextMember() is { } name)
            if (name == member)
                names = json.TextList();
            else
                json.Skip();
        return names;
    }
}
