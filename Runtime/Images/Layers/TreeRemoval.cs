using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>Removes whole folders: without recursion and with two descriptors, since a tree can be of any depth, and following nothing.</summary>
/// <remarks>What is gone already is no error. Nobody else moves folders in it meanwhile: the way back is by <c>..</c>.</remarks>
internal static class TreeRemoval
{
    /// <summary>Removes a file or folder of ours, with all that is in it.</summary>
    /// <exception cref="SyscallException">The kernel refuses it.</exception>
    public static void Remove(string path)
    {
        string parent = Path.GetDirectoryName(path) ?? throw new ArgumentException($"{path} is in no folder", nameof(path));
        using FileDescriptor? folder = Files.OpenIfThere(parent, O_RDONLY | O_DIRECTORY);
        if (folder is not null)
            Remove(folder, Encoding.UTF8.GetBytes(Path.GetFileName(path) + "\0"), Encoding.UTF8.GetBytes(path));
    }

    /// <summary>Removes a name in a folder, with all that is in it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">With its NUL.</param>
    /// <param name="what">What it is called, for messages.</param>
    /// <exception cref="SyscallException">The kernel refuses it.</exception>
    public static void Remove(FileDescriptor folder, ReadOnlySpan<byte> name, ReadOnlySpan<byte> what)
    {
        nint result = TryRemove(folder, name);
        if (IsFull(result))
        {
            Empty(folder, name, what);
            result = TryRemove(folder, name);
        }
        Ok(result, "remove", what);
    }

    /// <summary>Removes all that is in a folder, which stays.</summary>
    /// <param name="folder">The folder that it is in.</param>
    /// <param name="name">With its NUL.</param>
    /// <param name="what">What it is called, for messages.</param>
    /// <exception cref="SyscallException">The kernel refuses it.</exception>
    public static void Empty(FileDescriptor folder, ReadOnlySpan<byte> name, ReadOnlySpan<byte> what)
    {
        Stack<byte[]> above = new();
        List<byte[]> names = [];
        FileDescriptor current = Open(folder, name, what);
        try
        {
            while (true)
            {
                byte[]? full = null;
                bool isMore = Files.ListNext(current, names);
                foreach (byte[] each in names)
                {
                    nint result = TryRemove(current, each);
                    if (IsFull(result))
                        full ??= each;
                    else
                        Ok(result, "remove what is in", what);
                }
                if (full is null && isMore)
                    continue;
                byte[]? emptied = null;
                if (full is null && !above.TryPop(out emptied))
                    return;
                // It was opened from there, and nothing in here ever moves.
                FileDescriptor next = Open(current, full ?? "..\0"u8, what);
                current.Dispose();
                current = next;
                if (full is not null)
                    above.Push(full);
                else
                    Ok(TryRemove(current, emptied!), "remove what is in", what);
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    private static bool IsFull(nint result) => result is -Errno.ENOTEMPTY or -Errno.EEXIST;

    private static nint TryRemove(FileDescriptor folder, ReadOnlySpan<byte> name)
    {
        nint result = Files.TryRemove(folder, name);
        if (result == -Errno.EISDIR)
            result = Files.TryRemove(folder, name, AT_REMOVEDIR);
        return result == -Errno.ENOENT ? 0 : result;
    }

    private static FileDescriptor Open(FileDescriptor folder, ReadOnlySpan<byte> name, ReadOnlySpan<byte> what) =>
        new((int)Ok(Files.TryOpen(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open, to remove it,", what));

    private static nint Ok(nint result, string call, ReadOnlySpan<byte> what)
    {
        if (result < 0)
            throw new SyscallException($"{call} {LayerText.Quote(what)}", (int)-result);
        return result;
    }
}
