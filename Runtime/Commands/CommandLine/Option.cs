namespace Vessel.Commands.CommandLine;

/// <summary>One option of a command.</summary>
/// <param name="Name">Long name, without dashes.</param>
/// <param name="Help">What it does, in a line.</param>
/// <param name="Value">What its value is called; null for an option without one.</param>
/// <param name="Short">One letter, or '\0' for none.</param>
public sealed record Option(string Name, string Help, string? Value = null, char Short = '\0')
{
    /// <summary>Whether it takes a value.</summary>
    public bool TakesValue => Value is not null;
}
