using Vessel.Core.Errors;
using Vessel.Core.Validation;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>The container's document, read again from its bundle: what a further process has where it isn't told otherwise.</summary>
    public Spec ExecDefaults()
    {
        using ContainerFolder folder = store.Open(Id);
        ContainerRecord record = folder.Read() ?? throw WrongState("cannot exec in a stopped container");
        return Containers.Bundle.Load(record.Bundle).Spec;
    }

    /// <summary>Starts a further process in a running container.</summary>
    /// <returns>The process, a child of ours, and its terminal's master where it has one and no console socket took it.</returns>
    /// <exception cref="RuntimeException">The container isn't running or created, or the program could not be executed.</exception>
    public (ProcessHandle Process, FileDescriptor? Terminal) Exec(RuntimeHost host, Spec spec, ExecOptions options)
    {
        SpecValidator.CheckProcessOnly(options.Process);
        ContainerCreation.CheckStreams(options.Process, options.Streams);
        using ContainerFolder folder = store.Open(Id);
        ContainerState state = StateOf(folder);
        if (state.Status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw WrongState("cannot exec in a stopped container");
        if (state.Status == ContainerStatus.Paused && !options.IgnorePaused)
            throw WrongState("cannot exec in a paused container (use --ignore-paused to override)");
        using ExecSession session = ExecSession.Start(host, spec, options, state);
        return (session.Process, session.Terminal);
    }
}
