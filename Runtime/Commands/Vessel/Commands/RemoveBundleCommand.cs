using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;
using Vessel.Images.Bundles;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class RemoveBundleCommand : Command
{
    public override string Usage => "[OPTIONS] DIRECTORY [DIRECTORY...]";

    public override string Summary => "Unmount and remove one or more bundles";

    public override IReadOnlyList<Option> Options => [new("force", "Remove a bundle even if a container runs on it", Short: 'f')];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override ArgumentKind Argument(int index) => ArgumentKind.Folder;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool force = invocation.Options.Has("force");
        int code = 0;
        // The rest go even where one fails.
        foreach (string directory in invocation.Arguments)
            try
            {
                Bundle.Remove(invocation.Images, directory, force);
                invocation.Output.Write(directory + "\n");
            }
            catch (Exception e) when (e is ImageException or SyscallException)
            {
                invocation.Error.Write($"vessel: {e.Message}\n");
                code = 1;
            }
        return Task.FromResult(code);
    }
}
