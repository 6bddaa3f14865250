using Vessel.Commands.Vessel.CommandLine;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>A file that the command line names, to be read.</summary>
internal static class InputFile
{
    public static FileStream Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new ClientException($"read {path}: is a directory");
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ClientException($"open {path}: {(path.Length == 0 ? "no such file or directory" : SystemWords.Of(e))}", e);
        }
    }
}
