using Vessel.Commands.Vessel.CommandLine;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>A file that the command line names, to be read.</summary>
internal static class InputFile
{
    /// <exception cref="SyscallException">The file cannot be opened.</exception>
    public static InputStream Open(string path) => new(Files.Open(null, path, O_RDONLY), path);
}
