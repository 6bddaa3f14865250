using System.Diagnostics.CodeAnalysis;
using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>A container's name: ASCII letters, digits, <c>_ + - .</c>; not <c>.</c> or <c>..</c>, for it is a folder's name too.</summary>
public sealed record ContainerId
{
    private const int MaximumLength = 1024;

    private ContainerId(string value) => Value = value;

    public string Value { get; }

    /// <summary>
    /// Whether <paramref name="text"/> is a container's name; if not, <paramref name="error"/> names it, shortened, and what is allowed.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ContainerId? id, [NotNullWhen(false)] out string? error)
    {
        error = text switch
        {
            "" => "container id is empty",
            "." => "container id `.` is not a name: it means a folder itself",
            ".." => "container id `..` is not a name: it means a folder's parent",
            { Length: > MaximumLength } => $"container id {Shown(text)} has {text.Length} characters, more than {MaximumLength}",
            _ when !IsAllowed(text) => $"container id {Shown(text)} may have only A-Z a-z 0-9 _ + - .",
            _ => null,
        };
        id = error is null ? new ContainerId(text) : null;
        return id is not null;
    }

    public override string ToString() => Value;

    private static string Shown(string text) => DocumentText.Quote(text, '`');

    private static bool IsAllowed(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '-' or '.'))
                return false;
        }

        return true;
    }
}
