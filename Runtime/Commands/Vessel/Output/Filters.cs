using Vessel.Commands.CommandLine;
using Vessel.Images;

namespace Vessel.Commands.Vessel.Output;

/// <summary>What <c>--filter NAME=VALUE</c> said. Values of one name are alternatives; different names must all hold.</summary>
internal sealed class Filters
{
    private static readonly string[] Truths = ["dangling", "is-automated", "is-official"];

    private readonly Dictionary<string, List<string>> values = [];

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">One has no <c>=</c>.</exception>
    /// <exception cref="ImageException">One has a name that the command doesn't know, or is neither true nor false where it has to be.</exception>
    public Filters(IReadOnlyList<string> texts, params string[] known)
    {
        foreach (string text in texts.Where(t => t.Length > 0))
        {
            int equals = text.IndexOf('=');
            if (equals < 0)
                throw new UsageException($"invalid argument \"{text}\" for \"--filter\" flag: expected name=value");
            string name = text[..equals].Trim().ToLowerInvariant();
            if (!known.Contains(name))
                throw new ImageException(ImageErrorKind.Invalid, $"invalid filter '{name}'");
            if (!values.TryGetValue(name, out List<string>? list))
                values.Add(name, list = []);
            string value = text[(equals + 1)..].Trim();
            if (Truths.Contains(name) && GoBoolean.Parse(value) is null)
                throw new ImageException(ImageErrorKind.Invalid, $"invalid filter '{name}=[{value}]'");
            list.Add(value);
        }
    }

    /// <summary>What was given for a name.</summary>
    public IReadOnlyList<string> this[string name] => values.GetValueOrDefault(name) ?? [];

    /// <summary>Whether nothing was given for a name, or something given holds.</summary>
    public bool Allows(string name, Func<string, bool> holds) => !values.TryGetValue(name, out List<string>? list) || list.Any(holds);

    /// <summary>The same of what is true or false.</summary>
    public bool Allows(string name, bool own) => Allows(name, text => GoBoolean.Parse(text) == own);
}
