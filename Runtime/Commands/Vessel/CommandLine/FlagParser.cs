using Vessel.Commands.CommandLine;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>
/// Reads options as docker's command does: <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, short ones together
/// (<c>-aq</c>, <c>-it</c>), before or after the arguments; nothing after <c>--</c>.
/// </summary>
/// <remarks>Written by hand: no library ends a command's own options at the first argument (run, exec), and scripts know the messages.</remarks>
internal static class FlagParser
{
    /// <summary>Reads <paramref name="arguments"/> from <paramref name="start"/> on.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="options">The options there are.</param>
    /// <param name="ownArguments">
    /// How many arguments are read; reading stops at the next, with which a program's own begin.
    /// </param>
    /// <param name="end">Where reading stopped.</param>
    /// <exception cref="UsageException">An option isn't there, or its value is missing or wrong.</exception>
    public static ParsedOptions Parse(IReadOnlyList<string> arguments, int start, IReadOnlyList<Option> options, int ownArguments, out int end)
    {
        ParsedOptions parsed = new();
        int i = start;
        for (; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text == "--")
            {
                parsed.Arguments.AddRange(arguments.Skip(i + 1));
                i = arguments.Count;
                break;
            }
            if (text.Length < 2 || text[0] != '-')
            {
                if (parsed.Arguments.Count >= ownArguments)
                    break;
                parsed.Arguments.Add(text);
            }
            else if (text.StartsWith("--", StringComparison.Ordinal))
                i += Long(arguments, i, options, parsed);
            else
                i += Short(arguments, i, options, parsed);
        }
        end = i;
        return parsed;
    }

    // Each gives the number of further words that it took.
    private static int Long(IReadOnlyList<string> arguments, int index, IReadOnlyList<Option> options, ParsedOptions parsed)
    {
        string name = arguments[index][2..];
        string? value = null;
        int equals = name.IndexOf('=');
        if (equals >= 0)
            (name, value) = (name[..equals], name[(equals + 1)..]);
        Option option = options.FirstOrDefault(o => o.Name == name) ?? throw new UsageException($"unknown flag: --{name}{Nearest.Hint(name, options.Select(o => o.Name))}");
        if (!option.TakesValue)
        {
            parsed.Add(name, Boolean(value ?? "true", $"--{name}"));
            return 0;
        }
        if (value is null && index + 1 >= arguments.Count)
            throw new UsageException($"flag needs an argument: --{name}");
        parsed.Add(name, value ?? arguments[index + 1]);
        return value is null ? 1 : 0;
    }

    private static int Short(IReadOnlyList<string> arguments, int index, IReadOnlyList<Option> options, ParsedOptions parsed)
    {
        string text = arguments[index];
        for (int i = 1; i < text.Length; i++)
        {
            Option option = options.FirstOrDefault(o => o.Short == text[i]) ?? throw new UsageException($"unknown shorthand flag: '{text[i]}' in {text}");
            if (option.TakesValue)
            {
                string rest = text[(i + 1)..];
                if (rest.Length > 0)
                    parsed.Add(option.Name, rest[0] == '=' ? rest[1..] : rest);
                else if (index + 1 >= arguments.Count)
                    throw new UsageException($"flag needs an argument: '{text[i]}' in {text}");
                else
                    parsed.Add(option.Name, arguments[index + 1]);
                return rest.Length > 0 ? 0 : 1;
            }
            if (i + 1 < text.Length && text[i + 1] == '=')
            {
                parsed.Add(option.Name, Boolean(text[(i + 2)..], $"-{option.Short}, --{option.Name}"));
                return 0;
            }
            parsed.Add(option.Name, "true");
        }
        return 0;
    }

    private static string Boolean(string value, string option) => GoBoolean.Parse(value) is { } truth ? truth ? "true" : "false"
        : throw new UsageException($"invalid argument \"{value}\" for \"{option}\" flag: expected true or false");
}
