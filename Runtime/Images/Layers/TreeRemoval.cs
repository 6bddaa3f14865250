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
        // Of each folder on the way down what in it is not empty; the last one is where the way goes on.
        Stack<List<byte[]>> above = new();
        List<byte[]> names = [];
        FileDescriptor current = Open(folder, name, what);
        try
        {
            while (true)
            {
                List<byte[]> full = [];
                while (full.Count == 0 && Files.ListNext(current, names))
                    foreach (byte[] each in names)
                    {
                        nint result = TryRemove(current, each);
                        if (IsFull(result))
                            full.Add(each);
                        else
                            Ok(result, "remove what is in", what);
                    }
                if (full.Count == 0)
                {
                    if (!above.TryPop(out full!))
                        return;
                    // It was opened from there, and nothing in here ever moves.
                    Enter(ref current, "..\0"u8, what);
                    Ok(TryRemove(current, full[^1]), "remove what is in", what);
                    full.RemoveAt(full.Count - 1);
                    if (full.Count == 0)
                        continue;
                }
                above.Push(full);
                Enter(ref current, full[^1], what);
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    private static void Enter(ref FileDescriptor current, ReadOnlySpan<byte> name, ReadOnlySpan<byte> what)
    {
        FileDescriptor next = Open(current, name, what);
        current.Dispose();
        current = next;
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
