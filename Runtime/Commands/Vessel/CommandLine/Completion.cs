using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.Commands;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>
/// What can be typed next: <c>vessel __complete WORD…</c>, of which the last is under way. The scripts of the shells ask this and know nothing
/// themselves.
/// </summary>
/// <remarks>A line for each, with a tab before its explanation; the last line is <c>:words</c>, <c>:files</c> or <c>:folders</c>, which the shell knows.</remarks>
internal static class Completion
{
    public const string Command = "__complete";

    /// <summary>The answer.</summary>
    /// <param name="words">What was typed after <c>vessel</c>.</param>
    /// <param name="globalOptions">Options of all commands.</param>
    /// <param name="global">Those that the question itself was asked with; what was typed is added.</param>
    /// <param name="images">The names of images, for the global options that were typed.</param>
    public static string Of(IReadOnlyList<string> words, IReadOnlyList<Option> globalOptions, ParsedOptions global, Func<ParsedOptions, IEnumerable<string>> images)
    {
        string current = words.Count > 0 ? words[^1] : "";
        IReadOnlyList<Option> options = globalOptions;
        CommandLine.Command? command = null;
        string? group = null;
        Option? awaited = null;
        int arguments = 0;
        string said = "";
        foreach (string word in words.SkipLast(1))
        {
            if (awaited is not null)
            {
                if (command is null)
                    global.Add(awaited.Name, word);
                awaited = null;
            }
            else if (word.StartsWith('-'))
                awaited = Find(options, word) is { TakesValue: true } option && !word.Contains('=') ? option : null;
            else if (command is not null && arguments == 0 && CommandList.All.FirstOrDefault(c => c.Words == $"{said} {word}") is { } further)
                options = (command = further.Make()).Options;
            else if (command is not null)
                arguments++;
            else if (group is null && CommandList.Groups.Contains(word))
                group = word;
            else if (CommandList.All.FirstOrDefault(c => c.Words == (group is null ? word : $"{group} {word}")) is { } name)
                (said, options) = (name.Words, (command = name.Make()).Options);
            else
                return Lines([], "words");
        }
        if (awaited is not null)
            return awaited.Name == "platform" ? Lines(Beginning(["linux/amd64", "linux/arm64", "linux/arm/v7"], current), "words") : Lines([], awaited.Value == "string" ? "files" : "words");
        if (current.StartsWith('-'))
            return Lines([.. options.Append(Help.Option).Select(o => ("--" + o.Name, o.Help)).Where(o => o.Item1.StartsWith(current, StringComparison.Ordinal))], "words");
        if (command is null)
            return Lines([.. CommandList.After(group).Where(c => c.Name.StartsWith(current, StringComparison.Ordinal))], "words");
        List<(string, string)> after = arguments == 0 && said.Length > 0 ? [.. CommandList.After(said).Where(c => c.Name.StartsWith(current, StringComparison.Ordinal))] : [];
        return command.Argument(arguments) switch
        {
            ArgumentKind.Image => Lines([.. after, .. Beginning(images(global), current)], "words"),
            ArgumentKind.File => Lines([], "files"),
            ArgumentKind.Folder => Lines([], "folders"),
            _ => Lines([], "words"),
        };
    }

    private static Option? Find(IReadOnlyList<Option> options, string word)
    {
        if (word.StartsWith("--", StringComparison.Ordinal))
            return options.FirstOrDefault(o => o.Name == word[2..].Split('=')[0]);
        // Of several short ones together only the last can want a value that follows.
        return options.FirstOrDefault(o => o.Short == word[^1]);
    }

    private static List<(string, string)> Beginning(IEnumerable<string> words, string current) =>
        [.. words.Where(w => w.StartsWith(current, StringComparison.Ordinal)).Select(w => (w, ""))];

    private static string Lines(IReadOnlyList<(string Word, string Help)> words, string kind) =>
        string.Concat(words.Select(w => w.Help.Length > 0 ? $"{w.Word}\t{w.Help}\n" : w.Word + "\n")) + $":{kind}\n";
}
