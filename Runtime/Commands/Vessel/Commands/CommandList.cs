using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>All commands, by all their names.</summary>
internal static class CommandList
{
    /// <summary>Words that commands are gathered under.</summary>
    public static IReadOnlyList<string> Groups { get; } = ["image", "system"];

    /// <summary>Every way to say a command; the first of several is what help shows.</summary>
    public static IReadOnlyList<CommandName> All { get; } =
    [
        new("bundle", () => new BundleCommand()),
        new("bundle ls", () => new BundlesCommand()),
        new("bundle list", () => new BundlesCommand(), IsAlias: true),
        new("bundle rm", () => new RemoveBundleCommand()),
        new("bundle remove", () => new RemoveBundleCommand(), IsAlias: true),
        new("image ls", () => new ImagesCommand()),
        new("image list", () => new ImagesCommand(), IsAlias: true),
        new("images", () => new ImagesCommand()),
        new("image history", () => new HistoryCommand()),
        new("history", () => new HistoryCommand()),
        new("image import", () => new ImportCommand()),
        new("import", () => new ImportCommand()),
        new("image inspect", () => new InspectImageCommand()),
        new("image prune", () => new PruneImagesCommand()),
        new("image pull", () => new PullCommand()),
        new("pull", () => new PullCommand()),
        new("image push", () => new PushCommand()),
        new("push", () => new PushCommand()),
        new("image rm", () => new RemoveImageCommand()),
        new("image remove", () => new RemoveImageCommand(), IsAlias: true),
        new("rmi", () => new RemoveImageCommand()),
        new("image save", () => new SaveCommand()),
        new("save", () => new SaveCommand()),
        new("image load", () => new LoadCommand()),
        new("load", () => new LoadCommand()),
        new("image tag", () => new TagCommand()),
        new("tag", () => new TagCommand()),
        new("inspect", () => new InspectCommand()),
        new("login", () => new LoginCommand()),
        new("logout", () => new LogoutCommand()),
        new("search", () => new SearchCommand()),
        new("system check", () => new CheckCommand()),
        new("system df", () => new DiskUsageCommand()),
        new("system info", () => new InfoCommand()),
        new("info", () => new InfoCommand()),
        new("version", () => new VersionCommand()),
    ];

    /// <summary>What can be said after a group's word, with what it does, by name; null for what can be said first, groups included.</summary>
    public static IReadOnlyList<(string Name, string Summary)> After(string? group)
    {
        string prefix = group is null ? "" : group + " ";
        IEnumerable<(string, string)> names = All
            .Where(c => !c.IsAlias && c.Words.StartsWith(prefix, StringComparison.Ordinal) && !c.Words[prefix.Length..].Contains(' '))
            .Select(c => (c.Words[prefix.Length..], c.Make().Summary));
        if (group is null)
            names = names.Concat(Groups.Select(g => (g, GroupSummary(g))));
        return [.. names.OrderBy(n => n.Item1, StringComparer.Ordinal)];
    }

    /// <summary>What a group is about.</summary>
    public static string GroupSummary(string group) => group switch
    {
        "image" => "Manage images",
        "system" => "Manage Vessel",
        _ => "",
    };
}
