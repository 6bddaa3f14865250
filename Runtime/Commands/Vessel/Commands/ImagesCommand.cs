using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class ImagesCommand : Command
{
    private const string None = "<none>";

    public override string Usage => "[OPTIONS] [REPOSITORY[:TAG]]";

    public override string Summary => "List images";

    public override IReadOnlyList<Option> Options =>
    [
        new("all", "Show all images (default hides intermediate images)", Short: 'a'),
        new("digests", "Show digests"),
        new("no-trunc", "Don't truncate output"),
        new("quiet", "Only show image IDs", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 1);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool isFull = invocation.Options.Has("no-trunc"), withDigests = invocation.Options.Has("digests");
        List<Row> rows = [.. invocation.Images.List().SelectMany(i => RowsOf(i, withDigests)).Where(r => Matches(r, invocation.Arguments.Count > 0 ? invocation.Arguments[0] : null))];
        if (invocation.Options.Has("quiet"))
        {
            foreach (string id in rows.Select(r => IdOf(r, isFull)).Distinct())
                invocation.Output.Write(id + "\n");
            return Task.FromResult(0);
        }
        List<string[]> table = [withDigests ? ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"] : ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]];
        foreach (Row row in rows)
        {
            string created = Human.Ago(row.Image.Config.CreatedAt), size = Human.Size(row.Image.SizeBytes);
            table.Add(withDigests
                ? [row.Repository, row.Tag, row.Digest, IdOf(row, isFull), created, size]
                : [row.Repository, row.Tag, IdOf(row, isFull), created, size]);
        }
        invocation.Output.Write(Table.Format(table));
        return Task.FromResult(0);
    }

    private static string IdOf(Row row, bool isFull) => isFull ? row.Image.Id.ToString() : row.Image.Id.Short;

    // A row a tag; with digests, each with the digest that its repository has for it.
    private static IEnumerable<Row> RowsOf(Image image, bool withDigests)
    {
        List<ImageReference> tags = [.. image.Names.Where(n => n.Tag is not null)];
        List<ImageReference> digests = [.. image.Names.Where(n => n.Tag is null)];
        foreach (ImageReference tag in tags)
            yield return new Row(image, tag.FamiliarName, tag.Tag!, digests.Find(d => d.Name == tag.Name)?.Digest?.ToString() ?? None);
        foreach (ImageReference digest in digests.Where(d => !tags.Any(t => t.Name == d.Name)))
            yield return new Row(image, digest.FamiliarName, None, withDigests ? digest.Digest!.ToString() : None);
        if (image.Names.Count == 0)
            yield return new Row(image, None, None, None);
    }

    private static bool Matches(Row row, string? wanted)
    {
        if (wanted is null)
            return true;
        if (!ImageReference.TryParse(wanted, out ImageReference? reference, out _))
            return false;
        return row.Repository == reference.FamiliarName && (reference.Tag is null || reference.Tag == row.Tag);
    }

    private sealed record Row(Image Image, string Repository, string Tag, string Digest);
}
