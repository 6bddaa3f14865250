using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class SearchCommand : Command
{
    private const int DefaultLimit = 25, MaximumLimit = 100;
    private const int ShownDescription = 45;

    private static readonly Map Headers = new()
    {
        ["Description"] = "DESCRIPTION",
        ["IsAutomated"] = "AUTOMATED",
        ["IsOfficial"] = "OFFICIAL",
        ["Name"] = "NAME",
        ["StarCount"] = "STARS",
    };

    public override string Usage => "[OPTIONS] TERM";

    public override string Summary => "Search Docker Hub for images";

    public override IReadOnlyList<Option> Options =>
    [
        new("filter", "Filter output: stars=NUMBER, is-official=true|false", "filter", 'f'),
        new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string"),
        new("limit", "Max number of search results (default 25)", "int"),
        new("no-trunc", "Don't truncate output"),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 1);

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        Filters filters = new(invocation.Options.All("filter"), "stars", "is-official", "is-automated");
        long limit = invocation.Options.Number("limit") is { } given and not 0 ? given : DefaultLimit;
        if (limit is < 1 or > MaximumLimit)
            throw new ImageException(ImageErrorKind.Invalid, $"limit {limit} is outside the range of [1, {MaximumLimit}]");
        (ImageReference registry, string term) = Where(invocation.Arguments[0]);
        using RegistryClient client = new(invocation.Registries);
        IReadOnlyList<FoundRepository> found = await client.SearchAsync(registry, term, (int)limit, cancellation).ConfigureAwait(false);
        string? format = invocation.Options.Text("format");
        List<Map> rows = [.. found.Where(f => IsWanted(f, filters)).Select(f => Row(f, invocation.Options.Has("no-trunc"), isJson: format is "json" or "{{json .}}"))];
        (string, string)[] columns = [("NAME", "Name"), ("DESCRIPTION", "Description"), ("STARS", "StarCount"), ("OFFICIAL", "IsOfficial")];
        invocation.Output.Write(Rows.Format(rows, format, columns, Headers));
        return 0;
    }

    // A term may begin with the registry that is to be asked.
    private static (ImageReference Registry, string Term) Where(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            throw new ImageException(ImageErrorKind.Invalid, $"invalid repository name: repository name ({text}) should not have a scheme");
        int slash = text.IndexOf('/');
        string first = slash < 0 ? "" : text[..slash];
        return first == "localhost" || first.IndexOfAny(['.', ':']) >= 0 ? (Servers.Parse(first), text[(slash + 1)..]) : (Servers.Parse(null), text);
    }

    private static bool IsWanted(FoundRepository found, Filters filters) =>
        filters.Allows("stars", least => found.Stars >= Whole(least)) && filters.Allows("is-official", found.IsOfficial)
        // Docker Hub knows no automated ones any more.
        && filters.Allows("is-automated", false);

    private static int Whole(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new ImageException(ImageErrorKind.Invalid, $"invalid filter 'stars={text}'");

    private static Map Row(FoundRepository found, bool isFull, bool isJson)
    {
        string description = found.Description.Replace('\n', ' ').Replace('\r', ' ');
        return new Map
        {
            ["Description"] = isFull || description.Length <= ShownDescription ? description : description[..(ShownDescription - 1)] + "…",
            ["IsAutomated"] = isJson ? "false" : "",
            ["IsOfficial"] = isJson ? found.IsOfficial ? "true" : "false" : found.IsOfficial ? "[OK]" : "",
            ["Name"] = found.Name,
            ["StarCount"] = found.Stars.ToString(CultureInfo.InvariantCulture),
        };
    }
}
