using System.Buffers;
using System.Globalization;
using System.Text;

namespace Vessel.Images.Layers;

/// <summary>Names of a layer in messages: they have any bytes and any length, and a message goes to terminals and logs.</summary>
internal static class LayerText
{
    private const int MaximumCharacters = 160;

    /// <summary>The name in back quotes; what is no printable text is written as <c>\x1b</c>, and the middle of a long name is left out.</summary>
    public static string Quote(ReadOnlySpan<byte> name)
    {
        // A character has at most four bytes: so much is looked at, however long the name is.
        if (name.Length <= MaximumCharacters)
            return $"`{Printable(name)}`";
        return $"`{Printable(name[..(MaximumCharacters / 2)])}…{Printable(name[^(MaximumCharacters / 2)..])}`";
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done;
            if (isText && IsPrintable(rune))
                text.Append(rune.ToString());
            else
                foreach (byte b in bytes[..length])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    // Not those that end the quotation, nor those that turn or hide the text around them.
    private static bool IsPrintable(Rune rune) =>
        rune.Value is not ('`' or '\\') && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
