using Vessel.Images;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>A file that the command line names, to be read.</summary>
internal static class InputFile
{
    public static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageErrorKind.NotFound, $"open {path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message)}", e);
        }
    }
}
