using Vessel.Native.Safe;

namespace Vessel.Core.Process;

/// <summary>The standard streams of a process, where it does not get the caller's own: pipes, files, sockets.</summary>
/// <param name="Input">What the process reads from.</param>
/// <param name="Output">What the process writes to.</param>
/// <param name="Error">What the process writes its errors to; it may be the same as <paramref name="Output"/>.</param>
/// <remarks>The descriptors stay the caller's, who closes them. The process has copies: an end of file reaches a reader only when both are closed.</remarks>
public sealed record StandardStreams(FileDescriptor Input, FileDescriptor Output, FileDescriptor Error)
{
    /// <summary>The descriptors' numbers here, in the order of the numbers that they have in the process.</summary>
    internal IReadOnlyList<int> Numbers => [Input.Number, Output.Number, Error.Number];

    /// <summary>The same streams with numbers that the process's own cannot overwrite; copies are added to <paramref name="opened"/>.</summary>
    internal StandardStreams AboveTheirPlaces(List<FileDescriptor> opened)
    {
        FileDescriptor Above(FileDescriptor stream)
        {
            if (stream.Number > 2)
                return stream;
            opened.Add(new FileDescriptor(Files.Duplicate(stream.Number)));
            return opened[^1];
        }

        return new StandardStreams(Above(Input), Above(Output), Above(Error));
    }
}
