using Vessel.Commands.CommandLine;
namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>Reads options as runc does: one dash or two, <c>-b DIR</c>, <c>-b=DIR</c>, short ones without a value together, before or after the arguments.</summary>
/// <remarks>Written by hand: engines start this command for every step of every container, and rely on these forms exactly.</remarks>
internal static class OptionParser
{
    /// <summary>Reads <paramref name="arguments"/> from <paramref name="start"/> on.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="options">The options there are.</param>
    /// <param name="stopAtArgument">Whether all that follows the first argument belongs to it, as with exec.</param>
    /// <param name="end">Where reading stopped.</param>
    public static ParsedOptions Parse(IReadOnlyList<string> arguments, int start, IReadOnlyList<Option> options, bool stopAtArgument, out int end)
    {
        ParsedOptions parsed = new();
        int i = start;
        for (; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text == "--")
            {
                for (i++; i < arguments.Count; i++)
                    parsed.Arguments.Add(arguments[i]);
                break;
            }
            if (text.Length < 2 || text[0] != '-')
            {
                if (stopAtArgument)
                    break;
                parsed.Arguments.Add(text);
                continue;
            }
            i += ParseOne(arguments, i, options, parsed);
        }
        end = i;
        return parsed;
    }

    // The number of further words that were taken.
    private static int ParseOne(IReadOnlyList<string> arguments, int index, IReadOnlyList<Option> options, ParsedOptions parsed)
    {
        string text = arguments[index];
        string name = text.TrimStart('-');
        string? value = null;
        int equals = name.IndexOf('=');
        if (equals >= 0)
            (name, value) = (name[..equals], name[(equals + 1)..]);
        if (Find(options, name) is not { } option)
        {
            if (text[1] != '-' && equals < 0 && AllShortFlags(options, name))
            {
                foreach (char letter in name)
                    parsed.Add(Find(options, letter.ToString())!.Name, "true");
                return 0;
            }
            throw new UsageException($"flag provided but not defined: -{name}{Nearest.Hint(name, options.Select(o => o.Name))}");
        }
        if (!option.TakesValue)
        {
            bool truth = value is null || (GoBoolean.Parse(value) ?? throw new UsageException($"invalid boolean value \"{value}\" for -{name}: parse error"));
            parsed.Add(option.Name, truth ? "true" : "false");
            return 0;
        }
        if (value is not null)
        {
            parsed.Add(option.Name, value);
            return 0;
        }
        if (index + 1 >= arguments.Count)
            throw new UsageException($"flag needs an argument: -{name}");
        parsed.Add(option.Name, arguments[index + 1]);
        return 1;
    }

    private static Option? Find(IReadOnlyList<Option> options, string name)
    {
        foreach (Option option in options)
            if (option.Name == name || (name.Length == 1 && option.Short == name[0]))
                return option;
        return null;
    }

    private static bool AllShortFlags(IReadOnlyList<Option> options, string letters)
    {
        foreach (char letter in letters)
            if (Find(options, letter.ToString()) is not { TakesValue: false })
                return false;
        return letters.Length > 0;
    }
}
