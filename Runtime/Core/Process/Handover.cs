using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>What engines want handed over of a new process: its number in a file, a pidfd or the terminal's master over a socket.</summary>
internal static class Handover
{
    private const uint FileMode = 0x1a4; // 0644

    /// <summary>Writes the number, without a line end, as engines read it. The file appears whole.</summary>
    public static void WritePidFile(string path, int pid)
    {
        string absolute = Path.GetFullPath(path);
        using FileDescriptor folder = Files.Open(null, Path.GetDirectoryName(absolute)!, O_RDONLY | O_DIRECTORY);
        Files.Replace(folder, Path.GetFileName(absolute), Encoding.UTF8.GetBytes(pid.ToString()), FileMode);
    }

    /// <summary>Sends a terminal's master to a listening socket, or gives back a copy of it where there is none.</summary>
    public static FileDescriptor? TakeTerminal(FileDescriptor master, string? socketPath)
    {
        if (socketPath is null)
        {
            // Before the program runs: its first look finds the caller's size.
            using FileDescriptor input = new(Files.Duplicate(0));
            Terminals.CopySize(input, master);
            // A terminal of the caller's is in raw mode meanwhile and needs the carriage returns; a file or a pipe has
            // no use for them.
            using FileDescriptor output = new(Files.Duplicate(1));
            if (!TerminalMode.IsTerminal(output))
                TerminalMode.KeepLineEnds(master);
            return new FileDescriptor(Files.Duplicate(master.Number));
        }
        using FileDescriptor socket = UnixSockets.Connect(socketPath);
        UnixSockets.Send(socket, "/dev/ptmx"u8, [master.Number]);
        return null;
    }

    /// <summary>Takes the file away again.</summary>
    public static void RemovePidFile(string path) => Files.TryRemove(null, path);

    /// <summary>Sends a pidfd to a listening socket.</summary>
    public static void SendHandle(string socketPath, int pid)
    {
        using ProcessHandle process = ProcessHandle.Open(pid) ?? throw new RuntimeException(ErrorKind.Internal, "the container's process ended at its start");
        if (process.Descriptor is not { } descriptor)
            throw new RuntimeException(ErrorKind.Unsupported, "--pidfd-socket: this kernel has no pidfds");
        using FileDescriptor socket = UnixSockets.Connect(socketPath);
        UnixSockets.Send(socket, "pidfd"u8, [descriptor.Number]);
    }
}
