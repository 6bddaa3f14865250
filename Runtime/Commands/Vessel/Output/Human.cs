using System.Globalization;

namespace Vessel.Commands.Vessel.Output;

/// <summary>Sizes and times in docker's words.</summary>
internal static class Human
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"], BinaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Three digits, powers of 1000: <c>7.83MB</c>, <c>117MB</c>.</summary>
    public static string Size(long bytes, int digits = 3) => Scale(bytes, 1000, Units, digits);

    /// <summary>Four digits, powers of 1024: <c>23.54GiB</c>.</summary>
    public static string Memory(long bytes) => Scale(bytes, 1024, BinaryUnits, 4);

    private static string Scale(double value, double step, string[] units, int digits)
    {
        int unit = 0;
        for (; value >= step && unit < units.Length - 1; unit++)
            value /= step;
        int whole = value < 1 ? 1 : (int)Math.Floor(Math.Log10(value)) + 1;
        return Math.Round(value, Math.Max(0, digits - whole)).ToString(CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>How long: <c>3 seconds</c>, <c>About an hour</c>, <c>2 weeks</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        long seconds = (long)time.TotalSeconds, minutes = (long)time.TotalMinutes, hours = (long)Math.Round(time.TotalHours, MidpointRounding.AwayFromZero);
        return (seconds, minutes, hours) switch
        {
            ( < 1, _, _) => "Less than a second",
            (1, _, _) => "1 second",
            ( < 60, _, _) => $"{seconds} seconds",
            (_, 1, _) => "About a minute",
            (_, < 60, _) => $"{minutes} minutes",
            (_, _, 1) => "About an hour",
            (_, _, < 48) => $"{hours} hours",
            (_, _, < 24 * 7 * 2) => $"{hours / 24} days",
            (_, _, < 24 * 30 * 2) => $"{hours / 24 / 7} weeks",
            (_, _, < 24 * 365 * 2) => $"{hours / 24 / 30} months",
            _ => $"{hours / 24 / 365} years",
        };
    }

    /// <summary>When: <c>2 weeks ago</c>; <c>N/A</c> where nobody says.</summary>
    public static string Ago(DateTimeOffset? time) => time is { } t ? Duration(DateTimeOffset.UtcNow - t) + " ago" : "N/A";
}
