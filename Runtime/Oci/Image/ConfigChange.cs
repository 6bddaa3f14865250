using Newtonsoft.Json;
using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>
/// Changes an image's configuration by one instruction of a Dockerfile: those that say how a container is started (CMD, ENTRYPOINT, ENV, EXPOSE,
/// LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR), as <c>import --change</c> and <c>commit --change</c> take them.
/// </summary>
public static class ConfigChange
{
    /// <summary>The configuration after some lines of a Dockerfile: each an instruction, a comment or empty; a backslash at the end goes on with the next.</summary>
    /// <exception cref="FormatException">One is no such instruction.</exception>
    public static ContainerConfig ApplyLines(ContainerConfig config, string lines) => lines.Replace("\\\n", "", StringComparison.Ordinal).Split('\n')
        .Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').Aggregate(config, Apply);

    /// <summary>The configuration after the instruction.</summary>
    /// <param name="config">Before.</param>
    /// <param name="instruction">Its name in any case, and what follows.</param>
    /// <exception cref="FormatException">It is none of these, or makes no sense.</exception>
    public static ContainerConfig Apply(ContainerConfig config, string instruction)
    {
        string line = instruction.Trim();
        int end = line.AsSpan().IndexOfAny(' ', '\t');
        string name = (end < 0 ? line : line[..end]).ToUpperInvariant(), rest = end < 0 ? "" : line[end..].Trim();
        if (name.Length == 0)
            throw new FormatException("an instruction is empty");
        if (rest.Length == 0 && name is not ("CMD" or "ENTRYPOINT"))
            throw new FormatException($"{name} requires at least one argument");
        return name switch
        {
            "CMD" => config with { Cmd = Command(rest) },
            "ENTRYPOINT" => config with { Entrypoint = Command(rest) },
            "ENV" => config with { Env = Pairs(name, rest).Aggregate(config.Env.ToList(), With) },
            "LABEL" => config with { Labels = Labels(config, rest) },
            "EXPOSE" => config with { ExposedPorts = [.. config.ExposedPorts.Union(Words(rest).SelectMany(Ports))] },
            "VOLUME" => config with { Volumes = [.. config.Volumes.Union(List(rest) ?? Words(rest))] },
            "USER" => config with { User = Single(name, rest) },
            "WORKDIR" => config with { WorkingDir = Path.GetFullPath(Path.Combine("/", config.WorkingDir ?? "", Unquote(rest))) },
            "STOPSIGNAL" => config with { StopSignal = Single(name, rest) },
            "ONBUILD" => config with { OnBuild = [.. config.OnBuild, rest] },
            _ => throw new FormatException($"{name} is not a valid change command"),
        };
    }

    // A list in JSON is run as it is; anything else by the shell.
    private static IReadOnlyList<string> Command(string text) => List(text) ?? (text.Length == 0 ? [] : ["/bin/sh", "-c", text]);

    private static IReadOnlyList<string>? List(string text)
    {
        if (!text.StartsWith('['))
            return null;
        try
        {
            return JsonMapReader.Read(System.Text.Encoding.UTF8.GetBytes(text), "list", static json => json.TextList());
        }
        catch (Exception e) when (e is DocumentException or JsonException)
        {
            return null;
        }
    }

    private static List<string> With(List<string> environment, (string Name, string Value) pair)
    {
        string text = $"{pair.Name}={pair.Value}";
        int known = environment.FindIndex(e => e.StartsWith(pair.Name + "=", StringComparison.Ordinal));
        if (known < 0)
            environment.Add(text);
        else
            environment[known] = text;
        return environment;
    }

    private static Dictionary<string, string> Labels(ContainerConfig config, string text)
    {
        Dictionary<string, string> labels = new(config.Labels);
        foreach ((string label, string value) in Pairs("LABEL", text))
            labels[label] = value;
        return labels;
    }

    private static List<(string Name, string Value)> Pairs(string instruction, string text)
    {
        List<string> words = SplitQuoted(text);
        // The old form: a name, and all that follows is the value.
        if (!words[0].Contains('='))
        {
            int space = text.AsSpan().IndexOfAny(' ', '\t');
            return space < 0 ? throw new FormatException($"{instruction} must have two arguments") : [(text[..space], Unquote(text[space..].Trim()))];
        }
        List<(string, string)> pairs = [];
        foreach (string word in words)
        {
            int equals = word.IndexOf('=');
            if (equals < 0)
                throw new FormatException($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value");
            if (equals == 0)
                throw new FormatException($"{instruction} names can not be blank");
            pairs.Add((Unquote(word[..equals]), Unquote(word[(equals + 1)..])));
        }
        return pairs;
    }

    // 80, 80/udp, 8000-8002: each by itself.
    private static IEnumerable<string> Ports(string text)
    {
        string[] parts = text.Split('/', 2);
        string protocol = parts.Length < 2 ? "tcp" : parts[1].ToLowerInvariant();
        ushort[] bounds = [.. parts[0].Split('-').Select(b => ushort.TryParse(b, System.Globalization.NumberStyles.None, null, out ushort port) ? port : (ushort)0)];
        if (bounds.Length > 2 || bounds.Contains((ushort)0) || bounds[0] > bounds[^1] || protocol is not ("tcp" or "udp" or "sctp"))
            throw new FormatException($"invalid containerPort: {text}");
        return Enumerable.Range(bounds[0], bounds[^1] - bounds[0] + 1).Select(port => $"{port}/{protocol}");
    }

    private static string Single(string instruction, string text) =>
        Words(text) is [string only] ? Unquote(only) : throw new FormatException($"{instruction} requires exactly one argument");

    private static List<string> Words(string text) => [.. text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)];

    // Words with their quotes and backslashes: what is in quotes is one word with what it touches.
    private static List<string> SplitQuoted(string text)
    {
        List<string> words = [];
        int start = -1;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool isSpace = quote == '\0' && (c is ' ' or '\t');
            if (isSpace && start >= 0)
            {
                words.Add(text[start..i]);
                start = -1;
            }
            if (isSpace)
                continue;
            start = start < 0 ? i : start;
            if (c == '\\' && quote != '\'')
                i++;
            else if (quote == '\0' && (c is '"' or '\''))
                quote = c;
            else if (c == quote)
                quote = '\0';
        }
        if (start >= 0)
            words.Add(text[start..]);
        return words;
    }

    private static string Unquote(string word)
    {
        System.Text.StringBuilder plain = new(word.Length);
        char quote = '\0';
        for (int i = 0; i < word.Length; i++)
        {
            char c = word[i];
            if (c == quote && quote != '\0')
                quote = '\0';
            else if (quote == '\0' && (c is '"' or '\''))
                quote = c;
            else if (c == '\\' && quote != '\'' && i + 1 < word.Length)
                plain.Append(word[++i]);
            else
                plain.Append(c);
        }
        return plain.ToString();
    }
}
