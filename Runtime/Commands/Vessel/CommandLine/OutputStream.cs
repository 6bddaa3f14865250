using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>Standard output or error, written to as it comes.</summary>
/// <remarks>Not the Console's, which writes codes to a terminal first, and takes a pipe that nobody reads for one that took all.</remarks>
/// <param name="number">1 or 2.</param>
/// <param name="name">What it is called, for messages.</param>
/// <param name="whenClosed">Is called when nobody reads any more; then the write is called off.</param>
internal sealed class OutputStream(int number, string name, Action whenClosed) : Stream
{
    private readonly FileDescriptor file = FileDescriptor.Standard(number);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OperationCanceledException">Nobody reads any more.</exception>
    /// <exception cref="IOException">The kernel refuses it, as a full disk does.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = Files.TryWrite(file, buffer);
            switch (written)
            {
                case >= 0: buffer = buffer[(int)written..]; break;
                // A pipe or terminal that another program left so.
                case -Errno.EAGAIN: Polling.Wait([new() { fd = number, events = Polling.POLLOUT }]); break;
                case -Errno.EPIPE:
                    whenClosed();
                    throw new OperationCanceledException($"{name}: nobody reads it");
                default: throw new IOException($"write {name}: {SyscallException.Describe((int)-written)}");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
