using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>Names that a registry tells page by page: tags (distribution-spec, "Listing Tags"), and repositories.</summary>
internal static class NameList
{
    private const int MaximumPageBytes = 4 << 20;
    private const int MaximumNames = 100_000;

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
    private static Task<IReadOnlyList<string>?> ReadAsync(RegistryConnection connection, Uri first, string scope, string member, string what, CancellationToken cancellation) =>
        new PagedList(what, MaximumPageBytes, MaximumNames).ReadAsync(connection, first, scope, null, body => JsonMapReader.Read(body, what, json => Map(json, member)), cancellation);

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
