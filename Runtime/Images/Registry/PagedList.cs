using System.Net;
using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>What a registry tells page by page: tags, repositories, referrers (distribution-spec, "Listing Tags", "Listing Referrers").</summary>
/// <param name="What">What it is, for messages.</param>
/// <param name="MaximumPageBytes">How large one page may be.</param>
/// <param name="MaximumItems">Beyond so many it is one that does not end.</param>
internal sealed record PagedList(string What, int MaximumPageBytes, int MaximumItems)
{
    private const int MaximumPages = 1000;

    /// <summary>Reads all pages; null where the registry has no such list.</summary>
    /// <param name="connection">The registry.</param>
    /// <param name="first">The first page.</param>
    /// <param name="scope">What it needs to be allowed.</param>
    /// <param name="prepare">Adds headers.</param>
    /// <param name="map">What is on a page.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">It leads in circles, does not end, or is no such list.</exception>
    public async Task<IReadOnlyList<T>?> ReadAsync<T>(
        RegistryConnection connection, Uri first, string scope, Action<HttpRequestMessage>? prepare, Func<byte[], IReadOnlyList<T>> map, CancellationToken cancellation)
    {
        List<T> items = [];
        HashSet<string> pages = [];
        for (Uri? page = first; page is not null;)
        {
            if (!pages.Add(page.ToString()) || items.Count > MaximumItems || pages.Count > MaximumPages)
                throw new ImageException(ImageErrorKind.Corrupt, $"{What} does not end");
            (HttpResponseMessage response, byte[] body) = await connection.GetAsync(page, scope, MaximumPageBytes, What, prepare, cancellation).ConfigureAwait(false);
            using HttpResponseMessage answer = response;
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            try
            {
                items.AddRange(map(body));
            }
            catch (DocumentException e)
            {
                throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
            }
            page = Next(response, connection.Address);
        }
        return items;
    }

    // Link: </v2/name/tags/list?n=…&last=…>; rel="next" (RFC 8288). One header may have several. Only to where we are already.
    private static Uri? Next(HttpResponseMessage response, Uri address)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            return null;
        foreach (string link in links.SelectMany(l => l.Split('<')))
            if (link.IndexOf('>') is > 0 and var end && link[end..].Contains("next", StringComparison.Ordinal)
                && Uri.TryCreate(response.RequestMessage!.RequestUri!, link[..end], out Uri? next))
                return new Uri(address.GetLeftPart(UriPartial.Authority) + next.PathAndQuery);
        return null;
    }
}
