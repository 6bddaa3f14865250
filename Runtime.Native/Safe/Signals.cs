using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>The calling thread's signal mask, and signals as a descriptor to read.</summary>
public static unsafe class Signals
{
    private const int SetSize = 8;

    /// <summary>Blocks all signals; returns the mask that was in force.</summary>
    public static ulong BlockAll() => Apply(ProcessControl.SIG_SETMASK, ulong.MaxValue);

    /// <summary>Blocks the signals of <paramref name="mask"/> as well; returns the mask that was in force.</summary>
    public static ulong Block(ulong mask) => Apply(ProcessControl.SIG_BLOCK, mask);

    /// <summary>Puts a mask in force.</summary>
    public static void Restore(ulong mask) => Apply(ProcessControl.SIG_SETMASK, mask);

    /// <summary>The bit of a signal in a mask.</summary>
    public static ulong Bit(int signal) => 1UL << (signal - 1);

    /// <summary>A descriptor that gives the signals of <paramref name="mask"/>, which must be blocked (man 2 signalfd).</summary>
    public static FileDescriptor OpenDescriptor(ulong mask)
    {
        const int SFD_CLOEXEC = 0x80000;
        return new((int)Check.Ok(Kernel.Call(SYS.signalfd4, -1, (nint)(&mask), SetSize, SFD_CLOEXEC), "signalfd"));
    }

    /// <summary>Takes one signal out of <see cref="OpenDescriptor"/>'s descriptor; waits for it.</summary>
    /// <param name="signals">The descriptor.</param>
    /// <param name="isOwn">Whether a call of ours caused it: SIGPIPE, by a write to a pipe that nobody reads any
    /// more.</param>
    public static int Read(FileDescriptor signals, out bool isOwn)
    {
        const int SI_USER = 0;
        signalfd_siginfo info = default;
        // SAFETY: the kernel writes whole records only, and the struct has a record's size.
        Files.Read(signals, new Span<byte>(&info, sizeof(signalfd_siginfo)), "signals");
        isOwn = info.ssi_code == SI_USER && info.ssi_pid == Environment.ProcessId;
        return (int)info.ssi_signo;
    }

    private static ulong Apply(int how, ulong mask)
    {
        ulong old = 0;
        Check.Ok(Kernel.Call(SYS.rt_sigprocmask, how, (nint)(&mask), (nint)(&old), SetSize), "sigprocmask");
        return old;
    }
}
