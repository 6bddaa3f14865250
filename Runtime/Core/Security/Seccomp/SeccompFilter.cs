namespace Vessel.Core.Security.Seccomp;

/// <summary>A compiled filter, ready for <c>seccomp(SECCOMP_SET_MODE_FILTER, Flags, …)</c> (seccomp(2)).</summary>
public sealed class SeccompFilter
{
    /// <summary><c>BPF_MAXINSNS</c>: the kernel loads no longer program.</summary>
    public const int MaxInstructions = 4096;

    /// <summary>Size of <c>struct sock_filter</c>.</summary>
    public const int InstructionSize = 8;

    internal SeccompFilter(byte[] instructions, uint flags, bool needsListener, IReadOnlyList<string> unknownSyscalls)
    {
        Instructions = instructions;
        Flags = flags;
        NeedsListener = needsListener;
        UnknownSyscalls = unknownSyscalls;
    }

    /// <summary>An array of <c>struct sock_filter</c>: code (16 bits), jt, jf (8 each), k (32), little endian.</summary>
    public byte[] Instructions { get; }

    /// <summary>How many instructions: <c>sock_fprog.len</c>.</summary>
    public int Count => Instructions.Length / InstructionSize;

    /// <summary><c>SECCOMP_FILTER_FLAG_…</c> bits.</summary>
    public uint Flags { get; }

    /// <summary>A rule uses <c>SCMP_ACT_NOTIFY</c>: the call that loads the filter returns a descriptor, which someone must serve.</summary>
    public bool NeedsListener { get; }

    /// <summary>Names in the profile that exist on no architecture known here; they are ignored, and worth a line in a debug log.</summary>
    public IReadOnlyList<string> UnknownSyscalls { get; }
}
