using Vessel.Images.Content;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>A file that is read once; its errors name it, in the kernel's words.</summary>
/// <param name="file">The file, which is closed with the stream.</param>
/// <param name="name">What it is called, for messages.</param>
internal sealed class InputStream(FileDescriptor file, string name) : ReadOnlyStream
{
    /// <exception cref="SyscallException">The kernel refuses it.</exception>
    public override int Read(Span<byte> buffer) => buffer.IsEmpty ? 0 : Files.Read(file, buffer, name);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
