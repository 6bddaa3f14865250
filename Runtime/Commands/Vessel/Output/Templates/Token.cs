namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>A word of a template's action.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it was written; of a literal, its value.</param>
/// <param name="IsAttached">Whether nothing is between it and the word before: <c>.A.B</c> is one operand, <c>.A .B</c> are two.</param>
internal readonly record struct Token(TokenKind Kind, string Text, bool IsAttached = false);

internal enum TokenKind
{
    /// <summary><c>json</c>, <c>if</c>, <c>true</c>.</summary>
    Word,

    /// <summary><c>.Name</c>, or <c>.</c> alone.</summary>
    Field,

    /// <summary><c>$</c>, <c>$i</c>.</summary>
    Variable,

    /// <summary>A quoted text.</summary>
    Text,

    /// <summary>A number: whole, with a point, hexadecimal; or a character.</summary>
    Number,

    /// <summary><c>|</c>, <c>(</c>, <c>)</c>, <c>,</c>, <c>:=</c>, <c>=</c>.</summary>
    Sign,
}
