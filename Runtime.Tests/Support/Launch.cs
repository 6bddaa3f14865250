using Vessel.Core.Process;
using Vessel.Core.Security.Seccomp;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A program to start, with all that a shell cannot say of it: its descriptors, its terminal, a system call filter around it.</summary>
internal sealed class Launch(string path, params string[] arguments)
{
    private const int ParkedDescriptors = 300;
    private const int TIOCSCTTY = 0x540e;

    public string Path { get; } = path;

    public IReadOnlyList<string> Arguments { get; } = arguments;

    public List<string> Environment { get; } = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

    public string? WorkingFolder { get; init; }

    /// <summary>What it reads from standard input; null for nothing.</summary>
    public byte[]? Input { get; init; }

    /// <summary>Its standard streams, where they are not memory of the test's.</summary>
    public FileDescriptor? Stdin { get; init; }

    public FileDescriptor? Stdout { get; init; }

    public FileDescriptor? Stderr { get; init; }

    /// <summary>A terminal that is its standard streams and its controlling terminal.</summary>
    public FileDescriptor? Terminal { get; init; }

    /// <summary>More descriptors: number there, descriptor here.</summary>
    public Dictionary<int, FileDescriptor> Descriptors { get; } = [];

    /// <summary>Standard streams that are closed.</summary>
    public List<int> ClosedStreams { get; } = [];

    /// <summary>A filter that it and all its children run under.</summary>
    public SeccompFilter? Filter { get; init; }

    /// <summary>The user that it runs as, with these groups and no others; null for our own.</summary>
    public OrdinaryUser? User { get; init; }

    /// <summary>Starts it.</summary>
    public RunningProgram Start()
    {
        FileDescriptor output = Files.CreateMemory("output"), error = Files.CreateMemory("error");
        using FileDescriptor input = OpenInput();
        List<FileDescriptor> parked = [];
        try
        {
            ChildProgram child = BootProgram.New();
            if (Terminal is not null)
                child.Call(SYS.setsid);
            Dictionary<int, FileDescriptor> all = new(Descriptors)
            {
                [0] = Terminal ?? Stdin ?? input,
                [1] = Terminal ?? Stdout ?? output,
                [2] = Terminal ?? Stderr ?? error,
            };
            foreach ((int number, FileDescriptor descriptor) in all)
            {
                FileDescriptor park = new((int)Check.Ok(Kernel.Call(SYS.fcntl, descriptor.Number, Open.F_DUPFD_CLOEXEC, ParkedDescriptors), "duplicate", "descriptor"));
                parked.Add(park);
                child.Call(SYS.dup3, park.Number, number, 0);
            }
            if (Terminal is not null)
                child.Call(SYS.ioctl, 0, TIOCSCTTY, 0);
            foreach (int closed in ClosedStreams)
                child.Call(SYS.close, closed);
            if (WorkingFolder is not null)
                child.Call(SYS.chdir, child.Text(WorkingFolder));
            CloseOthers(child, all.Keys);
            ResetSignals(child);
            if (Filter is not null)
                LoadFilter(child, Filter);
            if (User is not null)
                Become(child, User);
            child.Call(SYS.execve, child.Text(Path), child.TextList([Path, .. Arguments]), child.TextList(Environment));
            ProcessHandle process = Spawner.Start(child, 0, KernelFeatures.All);
            return new RunningProgram(string.Join(' ', Arguments.Prepend(Path)), process, output, error);
        }
        finally
        {
            parked.ForEach(p => p.Dispose());
        }
    }

    private FileDescriptor OpenInput()
    {
        if (Input is null)
            return Files.Open(null, "/dev/null", Open.O_RDONLY);
        FileDescriptor memory = Files.CreateMemory("input");
        Files.Write(memory, Input, "input");
        Files.Rewind(memory);
        return memory;
    }

    // Descriptors of the test run itself, such as the test host's sockets, are nobody else's.
    private static void CloseOthers(ChildProgram child, IEnumerable<int> kept)
    {
        // Linux before 5.11 cannot: then what .NET opened is closed by its own mark.
        Label marked = child.NewLabel();
        child.Call(SYS.close_range, 3, uint.MaxValue, Open.CLOSE_RANGE_CLOEXEC).On(Errno.EINVAL, marked);
        child.Mark(marked);
        foreach (int number in kept)
            if (number > 2)
                child.Call(SYS.fcntl, number, Open.F_SETFD, 0);
    }

    private static void ResetSignals(ChildProgram child)
    {
        Data action = child.Reserve(32);
        for (int signal = 1; signal < 32; signal++)
            if (signal is not (Signal.SIGKILL or Signal.SIGSTOP))
                child.Call(SYS.rt_sigaction, signal, action, 0, 8);
        child.Call(SYS.rt_sigprocmask, ProcessControl.SIG_SETMASK, child.Reserve(8), 0, 8);
    }

    private static void Become(ChildProgram child, OrdinaryUser user)
    {
        Data groups = child.Reserve(8 + user.Groups.Length * sizeof(uint));
        for (int i = 0; i < user.Groups.Length; i++)
            child.Put(groups.At(i * sizeof(uint)), user.Groups[i]);
        child.Call(SYS.setgroups, user.Groups.Length, groups);
        child.Call(SYS.setresgid, user.Gid, user.Gid, user.Gid);
        child.Call(SYS.setresuid, user.Uid, user.Uid, user.Uid);
    }

    private static void LoadFilter(ChildProgram child, SeccompFilter filter)
    {
        Data fprog = child.Struct(new sock_fprog { len = (ushort)filter.Count });
        child.PointTo(fprog.At(8), child.Bytes(filter.Instructions));
        child.Call(SYS.seccomp, ProcessControl.SECCOMP_SET_MODE_FILTER, 0, fprog);
    }
}

/// <summary>A program that was started.</summary>
internal sealed class RunningProgram(string commandLine, ProcessHandle process, FileDescriptor output, FileDescriptor error) : IDisposable
{
    private const int DefaultTimeout = 60_000;

    private Outcome? outcome;

    public int Pid => process.Id;

    /// <summary>What it has written until now.</summary>
    public string Output => System.Text.Encoding.UTF8.GetString(ReadAll(output));

    public string Error => System.Text.Encoding.UTF8.GetString(ReadAll(error));

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => outcome is not null || process.WaitForEnd(0);

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal) => process.TryKill(signal);

    /// <summary>Waits for its end; kills it and fails when that takes too long.</summary>
    public Outcome Wait(int milliseconds = DefaultTimeout)
    {
        if (outcome is not null)
            return outcome;
        bool ended = process.WaitForEnd(milliseconds);
        if (!ended)
            process.TryKill(Native.Raw.Signal.SIGKILL);
        int code = process.Wait();
        outcome = new Outcome(commandLine, code, ReadAll(output), Error);
        process.Dispose();
        output.Dispose();
        error.Dispose();
        if (!ended)
            NUnit.Framework.Assert.Fail($"not ended after {milliseconds} ms\n{outcome}");
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (outcome is not null)
            return;
        process.TryKill(Native.Raw.Signal.SIGKILL);
        Wait();
    }

    // By a description of our own: the position of the program's own must not move.
    private static byte[] ReadAll(FileDescriptor memory) => File.ReadAllBytes($"/proc/self/fd/{memory.Number}");
}
