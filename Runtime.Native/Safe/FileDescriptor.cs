using Microsoft.Win32.SafeHandles;
using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>An open descriptor, closed when disposed. Every descriptor of ours is one from the moment it exists, and close-on-exec.</summary>
public sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    private FileDescriptor(int number, bool ownsHandle) : base(ownsHandle) => SetHandle(number);

    /// <summary>A standard stream, 0 to 2: it stays open.</summary>
    public static FileDescriptor Standard(int number) => new(number, ownsHandle: false);

    /// <summary>The kernel's number; valid as long as this is not disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Kernel.Call(SYS.close, handle) == 0;
}
