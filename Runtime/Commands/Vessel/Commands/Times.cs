using System.Globalization;
using Vessel.Images;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>Times as people give them: <c>2026-01-02</c>, <c>2026-01-02T15:04:05Z</c>, seconds since 1970, or how long ago: <c>10m</c>, <c>1h30m</c>.</summary>
internal static class Times
{
    /// <summary>A time where the user is, as RFC 3339 has it: <c>2026-01-02T15:04:05+02:00</c>, and <c>Z</c> for UTC.</summary>
    public static string Format(DateTimeOffset time)
    {
        DateTimeOffset local = time.ToLocalTime();
        return local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + (local.Offset == TimeSpan.Zero ? "Z" : local.ToString("zzz", CultureInfo.InvariantCulture));
    }

    public static DateTimeOffset Parse(string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < 1e11)
            return DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        if (Duration(text) is { } ago)
            return DateTimeOffset.UtcNow - ago;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time))
            return time;
        throw new ImageException(ImageErrorKind.Invalid, $"failed to parse value as time or duration: \"{text}\"");
    }

    private static TimeSpan? Duration(string text)
    {
        TimeSpan sum = TimeSpan.Zero;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
                i++;
            int unit = i;
            while (i < text.Length && char.IsAsciiLetter(text[i]))
                i++;
            if (!double.TryParse(text[start..unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || number > 1e9)
                return null;
            TimeSpan? part = text[unit..i] switch
            {
                "h" => TimeSpan.FromHours(number),
                "m" => TimeSpan.FromMinutes(number),
                "s" => TimeSpan.FromSeconds(number),
                "ms" => TimeSpan.FromMilliseconds(number),
                _ => null,
            };
            if (part is null)
                return null;
            sum += part.Value;
        }
        return text.Length == 0 ? null : sum;
    }
}
