using System.Globalization;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>A row of <c>images</c>: a name of an image, or an image without one.</summary>
internal sealed record ImageListing(Image Image, string Repository, string Tag, string Digest)
{
    public const string None = "<none>";

    /// <summary>Headers for tables by template.</summary>
    public static Map Headers { get; } = new()
    {
        ["Containers"] = "CONTAINERS",
        ["CreatedAt"] = "CREATED AT",
        ["CreatedSince"] = "CREATED",
        ["Digest"] = "DIGEST",
        ["ID"] = "IMAGE ID",
        ["Repository"] = "REPOSITORY",
        ["SharedSize"] = "SHARED SIZE",
        ["Size"] = "SIZE",
        ["Tag"] = "TAG",
        ["UniqueSize"] = "UNIQUE SIZE",
        ["VirtualSize"] = "SIZE",
    };

    /// <summary>A row a tag, with the digest that its repository has for it; a row a repository that has only a digest; a row for no name.</summary>
    public static IEnumerable<ImageListing> Of(Image image)
    {
        List<ImageReference> tags = [.. image.Names.Where(n => n.Tag is not null)];
        List<ImageReference> digests = [.. image.Names.Where(n => n.Tag is null)];
        foreach (ImageReference tag in tags)
            yield return new ImageListing(image, tag.FamiliarName, tag.Tag!, digests.Find(d => d.Name == tag.Name)?.Digest?.ToString() ?? None);
        foreach (ImageReference digest in digests.Where(d => !tags.Any(t => t.Name == d.Name)))
            yield return new ImageListing(image, digest.FamiliarName, None, digest.Digest!.ToString());
        if (image.Names.Count == 0)
            yield return new ImageListing(image, None, None, None);
    }

    /// <summary>What <c>--format</c> sees.</summary>
    public Map ToMap(bool isFull)
    {
        string size = Human.Size(Image.SizeBytes);
        return new Map
        {
            ["Containers"] = "N/A",
            ["CreatedAt"] = Image.Config.CreatedAt is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture) : "N/A",
            ["CreatedSince"] = Human.Ago(Image.Config.CreatedAt),
            ["Digest"] = Digest,
            ["ID"] = isFull ? Image.Id.ToString() : Image.Id.Short,
            ["Repository"] = Repository,
            ["SharedSize"] = "N/A",
            ["Size"] = size,
            ["Tag"] = Tag,
            ["UniqueSize"] = "N/A",
            ["VirtualSize"] = size,
        };
    }
}
