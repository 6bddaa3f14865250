using System.Runtime.InteropServices;

namespace Vessel.Native.Child;

/// <summary>
/// The machine code that walks a child program: some 300 bytes that load arguments, make system calls, and branch on their errors.
/// It is all that runs between clone and the final execve: it calls nothing, has no stack frame, and reads and writes only the program it is given.
/// </summary>
/// <remarks>
/// Two ways in. <c>start</c> is the entry point of the executable that <see cref="ProgramImage"/> makes.
/// <c>spawn(program, number, a0, a1, a2, a3)</c> is a C function: it makes the system call <c>number</c>, clone3 or clone, returns its result
/// in the parent, and walks <c>program</c> in the child. So no managed code ever runs in a child, and the garbage collector, its locks and the
/// state of other threads cannot matter there.
/// </remarks>
public static partial class Walker
{
    /// <summary>The code for the machine that we run on.</summary>
    public static ReadOnlySpan<byte> Code => CodeFor(RuntimeInformation.ProcessArchitecture);

    /// <summary>The code for a machine.</summary>
    public static ReadOnlySpan<byte> CodeFor(Architecture architecture) => architecture == Architecture.Arm64 ? Arm64 : X64;

    internal static int SpawnOffset => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm64Spawn : X64Spawn;
}
