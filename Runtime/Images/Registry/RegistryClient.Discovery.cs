using System.Globalization;
using System.Net;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>What a registry has, and what is to be gone from it.</summary>
public sealed partial class RegistryClient
{
    private const int MaximumSearchBytes = 4 << 20;

    /// <summary>All tags of a repository, in the registry's order.</summary>
    public async Task<IReadOnlyList<string>> ListTagsAsync(ImageReference reference, CancellationToken cancellation = default) =>
        await FirstAsync(reference, connection => NameList.TagsAsync(connection, Path(reference, "tags/list?n=1000"), reference, cancellation), cancellation).ConfigureAwait(false);

    /// <summary>The repositories of a registry that tells them (Docker Hub does not), in its order.</summary>
    /// <param name="anyOfRegistry">A reference of that registry.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<string>> ListRepositoriesAsync(ImageReference anyOfRegistry, CancellationToken cancellation = default) =>
        await ItselfAsync(anyOfRegistry, connection => NameList.RepositoriesAsync(connection, new Uri("/v2/_catalog?n=1000", UriKind.Relative), cancellation)).ConfigureAwait(false);

    /// <summary>
    /// What has a manifest as its subject, such as signatures and bills of material (distribution-spec, "Listing Referrers"). Of a registry that is older
    /// than this question, what its clients put down under the digest as a tag.
    /// </summary>
    /// <param name="reference">The repository.</param>
    /// <param name="subject">The manifest.</param>
    /// <param name="artifactType">Only what is of this type; null for all.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<Descriptor>> ListReferrersAsync(ImageReference reference, Digest subject, string? artifactType = null, CancellationToken cancellation = default) =>
        await ItselfAsync(reference, async connection =>
        {
            PagedList list = new($"the list of referrers of {subject}", MaximumManifestBytes, ImageDocumentReader.MaximumItems);
            Task<IReadOnlyList<Descriptor>?> ReadAsync(string rest) => list.ReadAsync(
                connection, Path(reference, rest), Scope.Pull(reference.Repository), Accept, body => ImageDocumentReader.ReadIndex(body, $"referrers of {subject}").Manifests, cancellation);

            // As a tag a digest is cut short, to what a tag may have.
            IReadOnlyList<Descriptor> all = await ReadAsync($"referrers/{subject}").ConfigureAwait(false)
                ?? await ReadAsync($"manifests/{subject.Algorithm}-{subject.Hex[..Math.Min(subject.Hex.Length, 64)]}").ConfigureAwait(false) ?? [];
            // A registry may leave the choice to us.
            return artifactType is null ? all : [.. all.Where(d => d.ArtifactType == artifactType)];
        }).ConfigureAwait(false);

    /// <summary>Removes a manifest from its registry, with all tags that mean it.</summary>
    /// <exception cref="ImageException">There is none, or the registry lets nobody remove anything.</exception>
    public async Task DeleteManifestAsync(ImageReference reference, Digest digest, CancellationToken cancellation = default) => await ItselfAsync(reference, async connection =>
    {
        using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Delete, Path(reference, $"manifests/{digest}"), Scope.Delete(reference.Repository), null, cancellation).ConfigureAwait(false);
        return response.StatusCode != HttpStatusCode.NotFound ? true : throw new ImageException(ImageErrorKind.NotFound, $"manifest {digest} of {reference.FamiliarName} not found");
    }).ConfigureAwait(false);

    /// <summary>Looks for repositories by words, as Docker Hub lets one.</summary>
    /// <param name="anyOfRegistry">A reference of the registry that is asked.</param>
    /// <param name="term">The words.</param>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">The registry knows no such question, or cannot be reached.</exception>
    public async Task<IReadOnlyList<FoundRepository>> SearchAsync(ImageReference anyOfRegistry, string term, int limit, CancellationToken cancellation = default)
    {
        Uri target = new($"/v1/search?q={Uri.EscapeDataString(term)}&n={limit.ToString(CultureInfo.InvariantCulture)}", UriKind.Relative);
        async Task<IReadOnlyList<FoundRepository>> Search(RegistryConnection connection)
        {
            (HttpResponseMessage response, byte[] body) = await connection.GetAsync(target, "", MaximumSearchBytes, "search result", null, cancellation).ConfigureAwait(false);
            using HttpResponseMessage answer = response;
            if (response.StatusCode == HttpStatusCode.NotFound)
                throw new ImageException(ImageErrorKind.Unsupported, $"{connection.Address.Authority} cannot be searched: it has no /v1/search");
            try
            {
                return FoundRepository.ReadList(body);
            }
            catch (DocumentException e)
            {
                throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
            }
        }

        // Docker Hub's index is another host than its registry.
        return anyOfRegistry.Registry == "docker.io" ? await Search(Connect("docker.io", new Uri("https://index.docker.io"))).ConfigureAwait(false)
            : await ItselfAsync(anyOfRegistry, Search).ConfigureAwait(false);
    }
}
