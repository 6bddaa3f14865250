using System.Globalization;

namespace Vessel.Tests.Support;

/// <summary>How often tests that draw their input by chance do so: <c>make fuzz TIMES=100</c> goes on a hundred times as long as a usual run.</summary>
internal static class Fuzz
{
    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("VESSEL_FUZZ_TIMES"), NumberStyles.None, CultureInfo.InvariantCulture, out int times) ? times : 1;

    public static int Times(int usual) => checked(usual * Factor);
}
