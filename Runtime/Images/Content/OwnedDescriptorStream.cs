using Vessel.Native.Safe;

namespace Vessel.Images.Content;

/// <summary>The same, of a file that is closed with it.</summary>
internal sealed class OwnedDescriptorStream(FileDescriptor file, string name) : DescriptorStream(file, name)
{
    private readonly FileDescriptor owned = file;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            owned.Dispose();
        base.Dispose(disposing);
    }
}
