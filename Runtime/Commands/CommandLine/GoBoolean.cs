namespace Vessel.Commands.CommandLine;

/// <summary>Truth values as Go reads them (<c>strconv.ParseBool</c>), and with it runc and docker.</summary>
public static class GoBoolean
{
    /// <summary>The value; null where the text is none.</summary>
    public static bool? Parse(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
