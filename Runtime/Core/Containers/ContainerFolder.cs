using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>One container's state on disk.</summary>
/// <remarks>
/// <c>state.json</c> is written first, before anything is made for the container, so that whatever a killed runtime leaves can be found and removed.
/// <c>init.pid</c> comes when its first process exists; <c>start.sock</c> is there from then until it is started. Each appears whole or not at all.
/// It all lives in memory (<c>/run</c>), as the processes do: nothing is forced to a disk, since after a crash of the machine there is no container.
/// </remarks>
public sealed class ContainerFolder(string path, FileDescriptor directory) : IDisposable
{
    private const string RecordFile = "state.json";
    private const string InitFile = "init.pid";
    private const string ConfigFile = "config.json";
    private const string SocketFile = "start.sock";
    private const int MaximumDepth = 64;
    private const int RecordLimit = 4 << 20;
    private const uint FileMode = 0x180; // 0600

    /// <summary>The folder, opened.</summary>
    internal FileDescriptor Directory => directory;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>A path of the start socket that is short whatever the folder's: sockets have room for 107 bytes.</summary>
    public string StartSocket => $"/proc/self/fd/{directory.Number}/{SocketFile}";

    /// <summary>The user that it belongs to.</summary>
    public uint Owner => Files.Stat(directory).stx_uid;

    /// <summary>Whether <c>start</c> has still to come.</summary>
    public bool AwaitsStart => Files.TryStat(directory, SocketFile, out _) == 0;

    /// <summary>Whether the folder is still linked.</summary>
    public bool Exists => Files.TryStat(null, Path, out statx there) == 0 && there.stx_ino == Files.Stat(directory).stx_ino;

    /// <summary>Waits for the exclusive lock, which ends when this is disposed, or with our process.</summary>
    public void Lock() => Files.Lock(directory, Path);

    /// <summary>Whether somebody holds the lock: a create, start or delete under way.</summary>
    public bool IsLockedByOther()
    {
        // A description of its own: our own lock, taken through `directory`, must not look like ours.
        using FileDescriptor other = Files.Open(directory, ".", O_RDONLY | O_DIRECTORY);
        return Kernel.CallRetrying(SYS.flock, other.Number, LOCK_SH | LOCK_NB) == -Errno.EAGAIN;
    }

    /// <summary>Writes the record.</summary>
    public void Write(ContainerRecord record) => Files.Replace(directory, RecordFile, record.ToJson(), FileMode);

    /// <summary>Keeps the config.json whose hooks are run later.</summary>
    public void WriteConfig(ReadOnlySpan<byte> utf8) => Files.Replace(directory, ConfigFile, utf8, FileMode);

    /// <summary>The kept config.json.</summary>
    public Spec ReadConfig()
    {
        using FileDescriptor file = Files.Open(directory, ConfigFile, O_RDONLY);
        return SpecReader.Read(Files.ReadAll(file, ConfigFile, Bundle.ConfigLimit));
    }

    /// <summary>The record; null where the runtime was killed before it could be written.</summary>
    /// <exception cref="RuntimeException">It is damaged.</exception>
    public ContainerRecord? Read()
    {
        nint result = Files.TryOpen(directory, RecordFile, O_RDONLY);
        if (result == -Errno.ENOENT)
            return null;
        using FileDescriptor file = new((int)Check.Ok(result, "open", $"{Path}/{RecordFile}"));
        byte[] bytes = Files.ReadAll(file, RecordFile, RecordLimit);
        try
        {
            return ContainerRecord.FromJson(bytes);
        }
        catch (Oci.Json.DocumentException e)
        {
            throw new RuntimeException(ErrorKind.Internal, $"{Path}/{RecordFile} is damaged: {e.Message}", e);
        }
    }

    /// <summary>Remembers the container's first process.</summary>
    public void WriteInit(InitProcess init) => Files.Replace(directory, InitFile, Encoding.UTF8.GetBytes(init.ToText()), FileMode);

    /// <summary>The container's first process; null where there never was one.</summary>
    public InitProcess? ReadInit() => Files.TryReadText(directory, InitFile) is { } text ? InitProcess.Parse(text) : null;

    /// <summary>Ends the wait for <c>start</c>.</summary>
    public void RemoveStartSocket() => Files.TryRemove(directory, SocketFile);

    /// <summary>Removes the folder. What is not ours is not there.</summary>
    public void Remove()
    {
        foreach (string name in Files.List(directory))
            if (name == NotifySocket.FolderName)
                RemoveNotifyFolder();
            else
                Check.Ok(Files.TryRemove(directory, name), "remove", $"{Path}/{name}");
        nint result = Files.TryRemove(null, Path, AT_REMOVEDIR);
        if (result != -Errno.ENOENT)
            Check.Ok(result, "remove", Path);
    }

    private void RemoveNotifyFolder()
    {
        using (FileDescriptor notify = Files.Open(directory, NotifySocket.FolderName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
            Empty(notify, MaximumDepth);
        Check.Ok(Files.TryRemove(directory, NotifySocket.FolderName, AT_REMOVEDIR), "remove", $"{Path}/{NotifySocket.FolderName}");
    }

    // A program with CAP_SYS_ADMIN can make the folder writable and leave more than a socket in it. No link is followed.
    private static void Empty(FileDescriptor folder, int depth)
    {
        foreach (string name in Files.List(folder))
        {
            if (Files.TryRemove(folder, name) >= 0 || depth == 0)
                continue;
            nint opened = Files.TryOpen(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            if (opened < 0)
                continue;
            using (FileDescriptor below = new((int)opened))
                Empty(below, depth - 1);
            Files.TryRemove(folder, name, AT_REMOVEDIR);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();
}
