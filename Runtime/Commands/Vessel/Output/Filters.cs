using Vessel.Images;

namespace Vessel.Commands.Vessel.Output;

/// <summary>What <c>--filter NAME=VALUE</c> said. Values of one name are alternatives; different names must all hold.</summary>
internal sealed class Filters
{
    private readonly Dictionary<string, List<string>> values = [];

    /// <summary>Reads them.</summary>
    /// <exception cref="ImageException">One has no <c>=</c>, or a name that the command doesn't know.</exception>
    public Filters(IReadOnlyList<string> texts, params string[] known)
    {
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=');
            if (equals < 0)
                throw new ImageException(ImageErrorKind.Invalid, $"invalid argument \"{text}\" for \"-f, --filter\" flag: invalid filter '{text}'");
            string name = text[..equals].Trim().ToLowerInvariant();
            if (!known.Contains(name))
                throw new ImageException(ImageErrorKind.Invalid, $"invalid filter '{name}'");
            if (!values.TryGetValue(name, out List<string>? list))
                values.Add(name, list = []);
            list.Add(text[(equals + 1)..].Trim());
        }
    }

    /// <summary>What was given for a name.</summary>
    public IReadOnlyList<string> this[string name] => values.GetValueOrDefault(name) ?? [];

    /// <summary>Whether nothing was given for a name, or something given holds.</summary>
    public bool Allows(string name, Func<string, bool> holds) => !values.TryGetValue(name, out List<string>? list) || list.Any(holds);
}
