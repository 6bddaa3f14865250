using Vessel.Images;

namespace Vessel.Commands.Vessel.Output;

/// <summary>
/// A pattern of names as Go's <c>path.Match</c> has it: <c>*</c> and <c>?</c> don't reach over a slash; <c>[a-z]</c>, <c>[^a]</c>; a backslash stands
/// before what is meant as it is.
/// </summary>
internal sealed class Pattern
{
    private readonly List<Element> elements = [];

    /// <exception cref="ImageException">It is no pattern.</exception>
    public Pattern(string text)
    {
        for (int i = 0; i < text.Length; i++)
            elements.Add(text[i] switch
            {
                '*' => new Element(true, false, []),
                '?' => new Element(false, true, [('/', '/')]),
                '[' => Class(text, ref i),
                '\\' => new Element(false, false, [Range(Escaped(text, ref i))]),
                var plain => new Element(false, false, [Range(plain)]),
            });
    }

    /// <summary>Whether all of a text is like that.</summary>
    public bool Matches(string text) => Matches(0, text);

    private bool Matches(int at, ReadOnlySpan<char> text)
    {
        for (; at < elements.Count; at++)
        {
            if (elements[at].IsStar)
                for (int taken = 0; ; taken++)
                {
                    if (Matches(at + 1, text[taken..]))
                        return true;
                    if (taken == text.Length || text[taken] == '/')
                        return false;
                }
            if (text.IsEmpty || !elements[at].Has(text[0]))
                return false;
            text = text[1..];
        }
        return text.IsEmpty;
    }

    // What may stand between brackets; i is at the last one then.
    private static Element Class(string text, ref int i)
    {
        bool isNegated = i + 1 < text.Length && text[i + 1] == '^';
        i += isNegated ? 2 : 1;
        List<(char, char)> ranges = [];
        for (; i < text.Length && (text[i] != ']' || ranges.Count == 0); i++)
        {
            char first = Member(text, ref i), last = first;
            if (i + 2 < text.Length && text[i + 1] == '-')
            {
                i += 2;
                last = Member(text, ref i);
            }
            ranges.Add(first <= last ? (first, last) : throw Wrong());
        }
        return i < text.Length ? new Element(false, isNegated, ranges) : throw Wrong();
    }

    private static char Member(string text, ref int i) => text[i] switch
    {
        '-' or ']' => throw Wrong(),
        '\\' => Escaped(text, ref i),
        var plain => plain,
    };

    private static char Escaped(string text, ref int i) => ++i < text.Length ? text[i] : throw Wrong();

    private static (char, char) Range(char only) => (only, only);

    private static ImageException Wrong() => new(ImageErrorKind.Invalid, "syntax error in pattern");

    // Any number of characters but slashes, or one of some ranges, or one of none of them.
    private sealed record Element(bool IsStar, bool IsNegated, List<(char First, char Last)> Ranges)
    {
        public bool Has(char c) => Ranges.Exists(r => r.First <= c && c <= r.Last) != IsNegated;
    }
}
