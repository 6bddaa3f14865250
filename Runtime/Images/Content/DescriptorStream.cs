using Vessel.Native.Safe;

namespace Vessel.Images.Content;

/// <summary>Reads an open file from where it stands.</summary>
internal class DescriptorStream(FileDescriptor file, string name) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer) => buffer.IsEmpty ? 0 : Files.Read(file, buffer, name);
}
