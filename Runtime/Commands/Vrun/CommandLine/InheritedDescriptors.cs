using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>The descriptors that the caller passed beside the standard streams.</summary>
/// <remarks>They are counted before anything else happens: what the .NET runtime opens later, such as <c>/dev/urandom</c>, takes the first free number and
/// must not pass for the caller's.</remarks>
internal static class InheritedDescriptors
{
    /// <summary>The first after the standard streams.</summary>
    public const int First = 3;

    /// <summary>How many are open from <see cref="First"/> on without a gap.</summary>
    public static int Count { get; private set; }

    /// <summary>Counts them; the first thing that the program does.</summary>
    public static void CountNow()
    {
        while (Files.TryStat(First + Count, out _) >= 0)
            Count++;
    }
}
