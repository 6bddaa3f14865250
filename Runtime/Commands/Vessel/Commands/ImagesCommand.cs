using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class ImagesCommand : Command
{
    public override string Usage => "[OPTIONS] [REPOSITORY[:TAG]]";

    public override string Summary => "List images";

    public override IReadOnlyList<Option> Options =>
    [
        new("all", "Show all images (default hides intermediate images)", Short: 'a'),
        new("digests", "Show digests"),
        new("filter", "Filter output: dangling, label, before, since, until, reference", "filter", 'f'),
        new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string"),
        new("no-trunc", "Don't truncate output"),
        new("quiet", "Only show image IDs", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 1);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool isFull = invocation.Options.Has("no-trunc");
        Filters filters = new(invocation.Options.All("filter"), "dangling", "label", "before", "since", "until", "reference");
        Pattern? wanted = invocation.Arguments.Count > 0 ? PatternOf(invocation.Arguments[0]) : null;
        List<Pattern> references = [.. filters["reference"].Select(PatternOf)];
        List<ImageListing> rows = [.. Select(invocation.Images, filters).Where(i => filters.Allows("dangling", IsDangling(i))).SelectMany(ImageListing.Of)
            .Where(r => (wanted is null || IsLike(r, wanted)) && (references.Count == 0 || references.Exists(p => IsLike(r, p))))];
        string? format = invocation.Options.Text("format");
        if (invocation.Options.Has("quiet") && Rows.IsDefault(format))
        {
            foreach (string id in rows.Select(r => isFull ? r.Image.Id.ToString() : r.Image.Id.Short))
                invocation.Output.Write(id + "\n");
            return Task.FromResult(0);
        }
        List<(string, string)> columns = [("REPOSITORY", "Repository"), ("TAG", "Tag"), ("IMAGE ID", "ID"), ("CREATED", "CreatedSince"), ("SIZE", "Size")];
        if (invocation.Options.Has("digests"))
        {
            columns.Insert(2, ("DIGEST", "Digest"));
            if (format is not null && format.StartsWith("table ", StringComparison.Ordinal) && !format.Contains("{{.Digest}}"))
                format += "\t{{.Digest}}";
        }
        invocation.Output.Write(Rows.Format([.. rows.Select(r => r.ToMap(isFull))], format, columns, ImageListing.Headers));
        return Task.FromResult(0);
    }

    /// <summary>Whether it has no name that one would call it by.</summary>
    internal static bool IsDangling(Image image) => !image.Names.Any(n => n.Tag is not null);

    /// <summary>The images that filters other than <c>dangling</c> and <c>reference</c> let through.</summary>
    internal static IEnumerable<Image> Select(ImageStore store, Filters filters)
    {
        IEnumerable<Image> images = store.List();
        foreach (string other in filters["before"])
            images = Created(images, store.Find(other), static (own, than) => own < than);
        foreach (string other in filters["since"])
            images = Created(images, store.Find(other), static (own, than) => own > than);
        foreach (string time in filters["until"])
        {
            DateTimeOffset until = Times.Parse(time);
            images = images.Where(i => i.Config.CreatedAt is not { } own || own < until);
        }
        return images.Where(i => filters["label"].All(l => HasLabel(i, l)) && !filters["label!"].Any(l => HasLabel(i, l)));
    }

    private static IEnumerable<Image> Created(IEnumerable<Image> images, Image other, Func<DateTimeOffset, DateTimeOffset, bool> holds)
    {
        DateTimeOffset than = other.Config.CreatedAt ?? default;
        return images.Where(i => i.Id != other.Id && holds(i.Config.CreatedAt ?? default, than));
    }

    private static bool HasLabel(Image image, string label)
    {
        string[] parts = label.Split('=', 2);
        return image.Config.Config.Labels.TryGetValue(parts[0], out string? value) && (parts.Length == 1 || value == parts[1]);
    }

    // Of the repository, or of repository and tag. What is a name may be written in full: docker.io/library/x is x.
    private static Pattern PatternOf(string text) =>
        new(ImageReference.TryParse(text, out ImageReference? reference, out _) ? reference.FamiliarName + (reference.Tag is null ? "" : ":" + reference.Tag) : text);

    private static bool IsLike(ImageListing row, Pattern pattern) => pattern.Matches(row.Repository) || pattern.Matches($"{row.Repository}:{row.Tag}");
}
