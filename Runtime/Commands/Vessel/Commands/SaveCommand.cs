using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;
using Vessel.Images.Archives;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

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
        string? path = invocation.Options.Text("output");
        if (path is null && !Console.IsOutputRedirected)
            throw new UsageException("cowardly refusing to save to a terminal. Use the -o flag or redirect");
        List<(Image Image, IReadOnlyList<ImageReference> Names)> images = [.. invocation.Arguments
            .Select(text => (Image: invocation.Images.Find(text), Text: text))
            .GroupBy(i => i.Image.Id)
            .Select(g => (g.First().Image, (IReadOnlyList<ImageReference>)[.. g.SelectMany(i => NamesOf(i.Image, i.Text)).Distinct()]))];
        if (path is null)
        {
            using Stream output = Console.OpenStandardOutput();
            ImageArchiveWriter.Save(invocation.Images, images, output);
            return Task.FromResult(0);
        }
        // Beside its place first: a file that is there already is replaced by a whole one, or stays.
        string temporary = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew))
                ImageArchiveWriter.Save(invocation.Images, images, file);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw new ImageException(ImageErrorKind.Invalid, $"save to {path}: {e.Message}", e);
            throw;
        }
        return Task.FromResult(0);
    }

    // By a name, that name; by a repository, all of its tags; by an id, none.
    private static IEnumerable<ImageReference> NamesOf(Image image, string text) =>
        ImageReference.TryParse(text, out ImageReference? reference, out _) && image.Names.Contains(reference.WithDefaultTag()) ? [reference.WithDefaultTag()] : [];
}
