using Vessel.Core.Errors;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>Makes a container whose program waits for <see cref="Start"/>.</summary>
    /// <param name="store">Where its state is kept.</param>
    /// <param name="id">Its name there.</param>
    /// <param name="bundle">What it is made of.</param>
    /// <param name="host">The host's features.</param>
    /// <param name="options">How.</param>
    /// <exception cref="RuntimeException">It could not be made; nothing is left of it.</exception>
    public static Container Create(ContainerStore store, ContainerId id, Bundle bundle, RuntimeHost host, CreateOptions options)
    {
        if (bundle.Spec.Process?.Terminal == true && options.ConsoleSocket is null)
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot allocate tty if runtime will detach without setting console socket");
        if (bundle.Spec.Process?.Terminal != true && options.ConsoleSocket is not null)
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot use console socket if runtime will not detach or allocate tty");
        using ContainerCreation creation = ContainerCreation.Complete(store, id, bundle, host, options, waitsForStart: true);
        creation.Process.Dispose();
        return new Container(store, id);
    }

    /// <summary>Makes a container and executes its program at once. The caller waits for the process, and deletes the container.</summary>
    /// <returns>The program's process, a child of ours, and its terminal's master where it has one and no console socket took it.</returns>
    /// <inheritdoc cref="Create"/>
    public static (Container Container, ProcessHandle Process, FileDescriptor? Terminal) Run(
        ContainerStore store, ContainerId id, Bundle bundle, RuntimeHost host, CreateOptions options)
    {
        using ContainerCreation creation = ContainerCreation.Complete(store, id, bundle, host, options, waitsForStart: false);
        Container container = new(store, id, creation.Record);
        if (bundle.Spec.Hooks is { Poststart.Count: > 0 } hooks)
            RunPoststart(host, hooks, creation.State(ContainerStatus.Running), creation.Folder);
        return (container, creation.Process, creation.Terminal);
    }

    private static void RunPoststart(RuntimeHost host, SpecHooks hooks, ContainerState state, ContainerFolder folder)
    {
        try
        {
            new Hooks.HookRunner(host.Features, state.Record.Bundle).Run("poststart", hooks.Poststart, state.ToOci());
        }
        catch
        {
            // The specification: a poststart hook that fails stops the container and removes it.
            KillInit(state.Pid);
            Destroy(host, folder, state.Record);
            throw;
        }
    }
}
