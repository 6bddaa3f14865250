using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Bundles;
using Vessel.Images.Snapshots;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class BundleCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE DIRECTORY [COMMAND] [ARG...]";

    public override string Summary => "Make a bundle of an image, for `vrun run`";

    public override IReadOnlyList<Option> Options =>
    [
        new("copy", "Copy the image's files, in place of an overlay on its layers"),
        new("env", "Set an environment variable: NAME=VALUE, or NAME for the value that it has here", "list", 'e'),
        new("tty", "Give the program a terminal", Short: 't'),
    ];

    public override (int Least, int Most) ArgumentCount => (2, int.MaxValue);

    public override int OwnArguments => 2;

    public override ArgumentKind Argument(int index) => index switch { 0 => ArgumentKind.Image, 1 => ArgumentKind.Folder, _ => ArgumentKind.Other };

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string directory = invocation.Arguments[1];
        BundleOptions options = new()
        {
            Copies = invocation.Options.Has("copy"),
            HasTerminal = invocation.Options.Has("tty"),
            Environment = [.. invocation.Options.All("env").Select(Variable)],
            Command = [.. invocation.Arguments.Skip(2)],
        };
        RootFilesystem root = ImageBundle.Create(invocation.Images, invocation.Images.Find(invocation.Arguments[0]), directory, options, cancellation);
        if (root.Refusal is { } refusal)
            invocation.Error.Write(root.Kind == RootKind.Copy
                ? $"WARNING: the kernel mounts no overlay here ({refusal}): the root filesystem is a copy, of {Human.Size(root.CopiedBytes, 4)}\n"
                : $"WARNING: the kernel mounts no overlay here ({refusal}): the root filesystem is one of fuse-overlayfs, which is slower\n");
        string path = Path.GetFullPath(directory);
        invocation.Output.Write($"run it by:     vrun run --bundle {Quote(path)} {IdOf(path)}\nremove it by:  vessel bundle rm {Quote(path)}\n");
        return Task.FromResult(0);
    }

    // A name alone takes the value of this command's own environment; where there is none, the container has none.
    private static string Variable(string text)
    {
        if (text.Length == 0 || text[0] == '=')
            throw new UsageException($"invalid environment variable: {(text.Length == 0 ? "it is empty" : text)}");
        return text.Contains('=') || Environment.GetEnvironmentVariable(text) is not { } value ? text : $"{text}={value}";
    }

    // A container's id that says what it runs.
    private static string IdOf(string path)
    {
        string id = new([.. Path.GetFileName(Path.TrimEndingDirectorySeparator(path)).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '-')]);
        return ContainerId.TryParse(id, out _, out _) ? id : "web1";
    }

    // As a shell takes it.
    private static string Quote(string path) => path.All(c => char.IsAsciiLetterOrDigit(c) || "/_-.+=:@%".Contains(c)) ? path : $"'{path.Replace("'", "'\\''")}'";
}
