using System.Globalization;
using System.Text;

namespace Vessel.Oci.Json;

/// <summary>Showing a hostile document's own words: short, and without what a terminal would obey.</summary>
internal static class DocumentText
{
    private const int Shown = 60;

    public static string Quote(ReadOnlySpan<char> text, char quote = '"') => $"{quote}{Shorten(text, Shown)}{quote}";

    public static string Shorten(ReadOnlySpan<char> text, int length)
    {
        bool isCut = text.Length > length;
        StringBuilder shown = new();
        foreach (char c in isCut ? text[..length] : text)
        {
            // Controls, and the invisible marks that reorder or hide what follows.
            if (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format)
                shown.Append($"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }

        return shown.Append(isCut ? "…" : "").ToString();
    }
}
