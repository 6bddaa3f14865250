using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Commands.Vrun.Foreground;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class RunCommand : Command
{
    public override string Name => "run";

    public override string Summary => "create and run a container";

    public override string Description => "Creates a container, runs its program, waits for its end, and deletes the container. The exit code is the program's. If a signal ended the program, it is 128 plus the number of the signal.";

    public override IReadOnlyList<Option> Options =>
    [
        .. BundleOptions.All,
        new("detach", "detach from the container's process", Short: 'd'),
        new("keep", "do not delete the container after it exits"),
        new("no-subreaper", "disable the use of the subreaper used to reap reparented processes"),
    ];

    public override int Execute(Invocation invocation)
    {
        ContainerId id = IdOf(invocation);
        bool detach = invocation.Options.Has("detach");
        Bundle bundle = BundleOptions.LoadBundle(invocation);
        CreateOptions options = BundleOptions.Read(invocation);
        bool terminal = bundle.Spec.Process?.Terminal == true;
        if (detach && terminal && options.ConsoleSocket is null)
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot allocate tty if runtime will detach without setting console socket");
        if (options.ConsoleSocket is not null && (!detach || !terminal))
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot use console socket if runtime will not detach or allocate tty");
        ForegroundSession? session = detach ? null : ForegroundSession.Begin(subreaper: !invocation.Options.Has("no-subreaper"));
        (Container container, ProcessHandle process, FileDescriptor? master) = Container.Run(invocation.Store, id, bundle, invocation.Host, options);
        using (process)
        {
            if (session is null)
            {
                options.Notify?.Wait(process);
                return 0;
            }
            int code = session.Wait(process, master, options.Notify);
            if (!invocation.Options.Has("keep"))
                foreach (string complaint in container.DeleteEnded(invocation.Host))
                    invocation.Log.Warn(complaint);
            return code;
        }
    }
}
