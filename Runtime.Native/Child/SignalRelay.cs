using System.Runtime.InteropServices;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Native.Child;

/// <summary>Signals of the whole process as a descriptor, although the runtime's own threads do not block them.</summary>
/// <remarks>
/// signalfd(2) tells only signals that every thread blocks, and the garbage collector's threads were there before us. So a handler of a few
/// instructions, which may run on any of them, sends the signal on to the main thread, where it is blocked and waits to be read.
/// </remarks>
public static unsafe class SignalRelay
{
    [StructLayout(LayoutKind.Sequential)]
    private struct kernel_sigaction
    {
        public nint handler;
        public ulong flags;
        public nint restorer;
        public ulong mask;
    }

    private const ulong SA_RESTORER = 0x04000000;
    private const ulong SA_RESTART = 0x10000000;

    private const ulong SA_SIGINFO = 4;

    // Where `restore` begins in the code below.
    private const int X64Restore = 27;

    /// <summary>tgkill(getpid(), getpid(), signal): to the main thread, whose number is the process's. A signal that
    /// was itself sent to one thread (si_code SI_TKILL) is dropped: so the runtime stops its own threads, by
    /// SIGRTMIN.</summary>
    private static ReadOnlySpan<byte> X64 =>
    [
        // deliver:
        0x83, 0x7e, 0x08, 0xfa,                      // cmp dword ptr [rsi+8], -6
        0x74, 0x14,                                  // je done
        0x89, 0xfa,                                  // mov edx, edi
        0xb8, 0x27, 0x00, 0x00, 0x00,                // mov eax, 39
        0x0f, 0x05,                                  // syscall
        0x89, 0xc7,                                  // mov edi, eax
        0x89, 0xc6,                                  // mov esi, eax
        0xb8, 0xea, 0x00, 0x00, 0x00,                // mov eax, 234
        0x0f, 0x05,                                  // syscall
        // done:
        0xc3,                                        // ret
        // restore:
        0xb8, 0x0f, 0x00, 0x00, 0x00,                // mov eax, 15
        0x0f, 0x05,                                  // syscall
    ];

    private static ReadOnlySpan<byte> Arm64 =>
    [
        // deliver:
        0x23, 0x08, 0x40, 0xb9,                      // ldr w3, [x1, #8]
        0x7f, 0x18, 0x00, 0x31,                      // cmn w3, #6
        0xe0, 0x00, 0x00, 0x54,                      // b.eq done
        0xe2, 0x03, 0x00, 0x2a,                      // mov w2, w0
        0x88, 0x15, 0x80, 0xd2,                      // mov x8, #172
        0x01, 0x00, 0x00, 0xd4,                      // svc #0
        0xe1, 0x03, 0x00, 0xaa,                      // mov x1, x0
        0x68, 0x10, 0x80, 0xd2,                      // mov x8, #131
        0x01, 0x00, 0x00, 0xd4,                      // svc #0
        // done:
        0xc0, 0x03, 0x5f, 0xd6,                      // ret
    ];

    /// <summary>Blocks <paramref name="signals"/> in the calling thread, which must be the main one, and opens a descriptor that gives them.</summary>
    public static FileDescriptor Open(ulong signals)
    {
        bool arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        nint code = CodePage.Map(arm ? Arm64 : X64);
        Signals.Block(signals);
        kernel_sigaction action = new()
        {
            handler = code,
            flags = SA_RESTART | SA_SIGINFO | (arm ? 0 : SA_RESTORER),
            restorer = arm ? 0 : code + X64Restore,
        };
        for (int signal = 1; signal <= Signal.Max; signal++)
            if ((signals & Signals.Bit(signal)) != 0)
                Check.Ok(Kernel.Call(SYS.rt_sigaction, signal, (nint)(&action), 0, 8), "sigaction", Signal.NameOf(signal));
        return Signals.OpenDescriptor(signals);
    }
}
