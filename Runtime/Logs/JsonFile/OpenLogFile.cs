using Vessel.Native.Safe;

namespace Vessel.Logs.JsonFile;

/// <summary>A file of a log that is being read: it stays readable when it is rotated, or removed.</summary>
internal sealed class OpenLogFile(FileDescriptor descriptor, ulong number) : IDisposable
{
    /// <summary>The file.</summary>
    public FileDescriptor Descriptor { get; } = descriptor;

    /// <summary>What tells it from others (its inode), as long as it is open.</summary>
    public ulong Number { get; } = number;

    /// <summary>Opens the files of a log that are newer than one that is open already, the oldest first.</summary>
    /// <param name="path">The current file.</param>
    /// <param name="last">The newest that is open; null opens all.</param>
    /// <remarks>The newest is opened first: a rotation meanwhile moves files to names that are looked at later, so none is missed, and one that is met twice
    /// is taken once.</remarks>
    public static List<OpenLogFile> After(string path, ulong? last)
    {
        List<OpenLogFile> found = [];
        int missing = 0;
        // A rotation leaves the current name without a file for a moment.
        for (int age = 0; missing < 2; age++)
        {
            FileDescriptor? file = Files.OpenIfThere(JsonFileNames.Of(path, age), Native.Raw.Open.O_RDONLY | Native.Raw.Open.O_NOFOLLOW);
            if (file is null)
            {
                missing++;
                continue;
            }
            ulong number = Files.Stat(file).stx_ino;
            if (number == last || found.Exists(other => other.Number == number))
            {
                file.Dispose();
                if (number == last)
                    break;
                continue;
            }
            found.Add(new OpenLogFile(file, number));
        }
        found.Reverse();
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
