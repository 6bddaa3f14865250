using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images.Archives;
using Vessel.Images.Store;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class SaveCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE [IMAGE...]";

    public override string Summary => "Save one or more images to a tar archive (streamed to STDOUT by default)";

    public override IReadOnlyList<Option> Options => [new("output", "Write to a file, instead of STDOUT", "string", 'o')];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string? path = invocation.Options.Text("output") is { Length: > 0 } named ? named : null;
        if (path is null && !Console.IsOutputRedirected)
            throw new UsageException("cowardly refusing to save to a terminal. Use the -o flag or redirect");
        List<(Image Image, IReadOnlyList<ImageReference> Names)> images = [.. invocation.Arguments
            .SelectMany(text => Find(invocation.Images, text))
            .GroupBy(i => i.Image.Id)
            .Select(g => (g.First().Image, (IReadOnlyList<ImageReference>)[.. g.SelectMany(i => i.Names).Distinct()]))];
        if (path is null)
        {
            ImageArchiveWriter.Save(invocation.Images, images, StandardStreams.OutputBytes, cancellation);
            return Task.FromResult(0);
        }
        Check(path);
        // Beside its place first: a file that is there already is replaced by a whole one, or stays.
        string temporary = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            using (FileStream file = new(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                ImageArchiveWriter.Save(invocation.Images, images, file, cancellation);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw new ClientException($"save to {path}: {SystemWords.Of(e)}", e);
            throw;
        }
        return Task.FromResult(0);
    }

    // A device, or a link that people have made, is not to become a file.
    private static void Check(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new ClientException($"failed to save image: invalid output path: directory \"{folder}\" does not exist");
        if (Files.TryStat(null, path, out statx status, followLinks: false) < 0)
            return;
        string? what = (status.stx_mode & S_IFMT) switch
        {
            S_IFREG => null,
            S_IFDIR => "directory",
            S_IFLNK => "symbolic link",
            S_IFCHR => "character device file",
            S_IFBLK => "block device file",
            S_IFIFO => "named pipe file",
            _ => "file of that kind",
        };
        if (what is not null)
            throw new ClientException($"failed to save image: cannot write to a {what}: {path}");
    }

    // By a name, that name; by a repository, all of its tags; by an id, none.
    private static List<(Image Image, IEnumerable<ImageReference> Names)> Find(ImageStore store, string text)
    {
        ImageReference? reference = ImageReference.TryParse(text, out ImageReference? parsed, out _) ? parsed : null;
        if (reference is { Tag: null, Digest: null })
        {
            List<(Image, IEnumerable<ImageReference>)> all = [.. store.List().Select(i => (Image: i, Names: i.Names.Where(n => n.Name == reference.Name && n.Tag is not null))).Where(i => i.Names.Any())];
            if (all.Count > 0)
                return all;
        }
        Image image = store.Find(text);
        return [(image, reference is not null && image.Names.Contains(reference.WithDefaultTag()) ? [reference.WithDefaultTag()] : [])];
    }
}
