using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>Finds the program as a shell would, in the container's own tree and as its own user, so that a name that is wrong is told at create.</summary>
/// <param name="Name">The first argument.</param>
/// <param name="Candidates">The paths that it may have, in the order of <c>PATH</c>; the name itself where it has a slash.</param>
public sealed record FindExecutable(string Name, IReadOnlyList<string> Candidates) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"exec: \"{Name}\"";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => errno switch
    {
        Errno.ENOENT when !Name.Contains('/', StringComparison.Ordinal) => $"{Describe()}: executable file not found in $PATH",
        Errno.ENOENT or Errno.ENOTDIR => $"{Describe()}: stat {Name}: {Errno.Describe(errno)}",
        _ => $"{Describe()}: {Errno.Describe(errno)}",
    };

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label found = child.NewLabel();
        program.Executable = child.NewSlot();
        Data status = child.Reserve(256);
        bool search = !Name.Contains('/', StringComparison.Ordinal);
        foreach (string candidate in Candidates)
        {
            Label next = child.NewLabel(), folder = child.NewLabel();
            Data path = child.Text(candidate);
            child.Set(program.Executable.Value, path);
            Instruction look = child.Call(SYS.statx, AT_FDCWD, path, 0, (long)(statx.STATX_TYPE | statx.STATX_MODE), status);
            if (search)
                look.On(Instruction.AnyError, next);
            child.BranchIfEqual(child.Load(status.At(28), S_IFMT), S_IFDIR, folder);
            // The older call leaves out CAP_DAC_OVERRIDE, with which execve then succeeds. ENOSYS: before Linux 5.8;
            // EPERM: an older engine's filter.
            Label older = child.NewLabel();
            Instruction access = child.Call(SYS.faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS).On(Errno.ENOSYS, older).On(Errno.EPERM, older).Then(found);
            if (search)
                access.On(Instruction.AnyError, next);
            child.Mark(older);
            access = child.Call(SYS.faccessat, AT_FDCWD, path, X_OK).Then(found);
            if (search)
                access.On(Instruction.AnyError, next);
            child.Mark(folder);
            if (!search)
                program.Fail(Errno.EISDIR);
            child.Mark(next);
            child.Set(Slot.None, 0);
        }
        program.Fail(Errno.ENOENT);
        child.Mark(found);
        child.Set(Slot.None, 0);
    }

    /// <summary>The paths that <paramref name="name"/> may have under the <c>PATH</c> of <paramref name="environment"/>.</summary>
    public static IReadOnlyList<string> CandidatesFor(string name, IReadOnlyList<string> environment)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return [name];
        List<string> candidates = [];
        for (int i = environment.Count - 1; i >= 0; i--)
        {
            if (!environment[i].StartsWith("PATH=", StringComparison.Ordinal))
                continue;
            foreach (string folder in environment[i][5..].Split(':'))
                // A relative folder would look in the working directory, which the image decides.
                if (folder.StartsWith('/'))
                    candidates.Add($"{folder.TrimEnd('/')}/{name}");
            break;
        }
        return candidates;
    }
}

/// <summary>Tells the parent that all is ready; after its answer the child outlives it.</summary>
/// <param name="DiesWithParent">The child goes on to die with it: a hook.</param>
/// <param name="IsOpenToOwner">For as long as it waits, processes of its owner may open its namespaces and its root (<see cref="Namespaces.Dumpable"/>): they are no root that could
/// do so anyway. No process of the container is there yet, and none of our executable, or of the host's files, is in it.</param>
/// <param name="StaysOpen">So it is until <see cref="WaitForStart"/> ends.</param>
public sealed record TellCreated(bool DiesWithParent = false, bool IsOpenToOwner = false, bool StaysOpen = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "tell that the container is created";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        if (IsOpenToOwner)
            Namespaces.Dumpable.Write(program, true);
        program.Ask(InitMessage.Created);
        if (IsOpenToOwner && !StaysOpen)
            Namespaces.Dumpable.Write(program, false);
        if (!DiesWithParent)
            program.Child.Call(SYS.prctl, ProcessControl.PR_SET_PDEATHSIG, 0);
    }
}

/// <summary>Waits until <c>start</c> connects to the container's socket; what fails from then on is told to it.</summary>
/// <param name="Listener">The socket.</param>
/// <param name="IsOpenToOwner">Until then it is as <see cref="TellCreated"/> has left it: for exec, and hooks, in a container that is created.</param>
public sealed record WaitForStart(int Listener, bool IsOpenToOwner = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "wait for start";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        // The end of the channel lets the parent go: from here on we outlive it.
        child.Call(SYS.close, program.PathDescriptor);
        child.Call(SYS.close, program.SyncDescriptor);
        child.Call(SYS.accept4, Listener, 0, 0, Socket.SOCK_CLOEXEC).Into(program.Report);
        if (IsOpenToOwner)
            Namespaces.Dumpable.Write(program, false);
        child.Call(SYS.close, Listener);
        program.IsDetached = true;
    }
}

/// <summary>Becomes the container's program.</summary>
public sealed record Execute(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"exec {Arguments[0]}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => $"exec {Arguments[0]}: {Errno.Describe(errno)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.execve, program.Executable!.Value, child.TextList(Arguments), child.TextList(Environment));
    }
}

/// <summary>Finds the working directory, beneath the root and with magic links refused, while the tree can still be written: it is made where it is missing.</summary>
/// <remarks>Where the way there is closed to root (NFS with root_squash, FUSE, ids that are not mapped), <see cref="EnterDirectoryAsUser"/> finds it.</remarks>
public sealed record ResolveDirectory(Rootfs.MountTarget Target) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"find cwd {Target.Path}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        Label refused = program.Child.NewLabel();
        program.Cwd = Target.Resolve(program, refused);
        program.Child.Mark(refused);
        program.Child.Set(Slot.None, 0);
    }
}

/// <summary>Goes to the working directory by its descriptor: it cannot lie outside of the root. Where root may not enter it, the process's user may, later.</summary>
public sealed record ChangeDirectory(string Path) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"chdir to {Path}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label later = child.NewLabel();
        Slot entered = child.NewSlot();
        program.IsInCwd = entered;
        child.BranchIfEqual(program.Cwd!.Value, 0, later);
        child.Call(SYS.fchdir, program.Cwd.Value).On(Errno.EACCES, later).On(Errno.EPERM, later);
        child.Set(entered, 1);
        child.Mark(later);
        child.Set(Slot.None, 0);
    }
}

/// <summary>Goes to the working directory as the process's user, where root could not.</summary>
public sealed record EnterDirectoryAsUser(string Path) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"chdir to {Path}";

    /// <inheritdoc/>
    public override string Explain() => $"{Describe()} as the process's user, if root could not";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label done = child.NewLabel(), find = child.NewLabel();
        child.BranchIfEqual(program.IsInCwd!.Value, 1, done);
        Slot cwd = program.Cwd!.Value;
        child.BranchIfEqual(cwd, 0, find);
        child.Call(SYS.fchdir, cwd).Then(done);
        child.Mark(find);
        // Without openat2 the directory was found by the parent, or the start has failed.
        if (program.Features.OpenAt2)
        {
            Data how = child.Struct(new open_how { flags = (ulong)(O_PATH | O_DIRECTORY | O_CLOEXEC), resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
            child.Call(SYS.openat2, program.Root, child.Text(Path), how, 24).Into(cwd);
            child.Call(SYS.fchdir, cwd);
        }
        child.Mark(done);
        child.Set(Slot.None, 0);
    }
}

/// <summary>Closes every descriptor at execve but the standard streams and those that the caller preserves.</summary>
public sealed record CloseAllAtExec(int FirstClosed) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"close descriptors from {FirstClosed} on at execve";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        // Older kernels: every descriptor that came in was marked before the first execve, and all that were made since are marked from birth.
        if (program.Features.CloseRangeCloexec)
            program.Child.Call(SYS.close_range, FirstClosed, uint.MaxValue, Open.CLOSE_RANGE_CLOEXEC);
    }
}
