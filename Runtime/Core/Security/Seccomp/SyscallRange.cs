using System.Diagnostics;

namespace Vessel.Core.Security.Seccomp;

/// <summary>The numbers from <c>First</c> to the next range, which share an outcome (an index into a <see cref="SeccompProgram"/>).</summary>
internal readonly record struct SyscallRange(uint First, int Outcome)
{
    /// <summary>Appends a range, which ends the one before; neighbours of one outcome become one.</summary>
    public static void Append(List<SyscallRange> ranges, uint first, int outcome)
    {
        if (ranges.Count > 0 && ranges[^1].First == first)
            ranges.RemoveAt(ranges.Count - 1);
        Debug.Assert(ranges.Count == 0 || ranges[^1].First < first);
        if (ranges.Count == 0 || ranges[^1].Outcome != outcome)
            ranges.Add(new SyscallRange(first, outcome));
    }
}
