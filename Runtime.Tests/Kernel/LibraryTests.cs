using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Process;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using Vessel.Tests.Support;
using OciBundle = Vessel.Core.Containers.Bundle;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers of a .NET program's own, without the command.</summary>
public sealed class LibraryTests : KernelTest
{
    private readonly RuntimeHost host = RuntimeHost.Probe();

    [Test]
    public void Spec_ThatTheProgramChanged_IsWhatCounts_FromHooksToTheirEnd()
    {
        OciBundle bundle = Load(Bundle().WithArgs("/bin/true"));
        SpecHook Noting(string text) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"echo {text} >> {Box.Folder}/noted"] };
        bundle = bundle with { Spec = bundle.Spec with { Hooks = new() { Poststart = [Noting("poststart")], Poststop = [Noting("poststop")] } } };
        Container container = Create(bundle);
        container.Start(host);
        Assert.That(Host.Eventually(() => container.State().Status == ContainerStatus.Stopped));
        Assert.That(container.Delete(host), Is.Empty);
        Assert.That(File.ReadAllText(Box.Folder + "/noted"), Is.EqualTo("poststart\npoststop\n"));
    }

    [Test]
    public void Deleted_IsGoneFromTheKernelsTable_HoweverItEnded()
    {
        foreach (bool runs in new[] { false, true })
        {
            Container container = Create(Load(Bundle().WithArgs("/bin/sleep", runs ? "1000" : "0")));
            int pid = container.State().Pid;
            container.Start(host);
            Assert.That(runs || Host.Eventually(() => container.State().Status == ContainerStatus.Stopped));
            container.Delete(host, force: true);
            Assert.That(Directory.Exists($"/proc/{pid}"), Is.False, runs ? "killed" : "ended");
        }
    }

    [Test]
    public void WorkingFolder_ThatIsNotAbsolute_IsRefused()
    {
        OciBundle bundle = Load(Bundle());
        bundle = bundle with { Spec = bundle.Spec with { Process = bundle.Spec.Process! with { Cwd = "tmp" } } };
        Assert.That(() => Create(bundle), Throws.InstanceOf<RuntimeException>().With.Message.Contains("process.cwd: tmp is not an absolute path"));
    }

    private static OciBundle Load(TestBundle bundle) => OciBundle.Load(bundle.Save().Folder);

    private Container Create(OciBundle bundle)
    {
        Assert.That(ContainerId.TryParse(Box.Name + "lib", out ContainerId? id, out _));
        return Container.Create(new ContainerStore(Box.Folder + "/library"), id!, bundle, host, new CreateOptions());
    }

    [Test]
    public void Create_ThatFails_LeavesNoDescriptorOpen()
    {
        TestBundle bundle = Bundle().WithArgs("/bin/sleep", "1000");
        Container first = Create(Load(bundle));
        List<string> before = OpenDescriptorsOf(bundle.Folder, bundle.Rootfs);
        Assert.That(() => Create(Load(bundle)), Throws.InstanceOf<RuntimeException>().With.Message.Contains("already exists"));
        TestBundle missing = Bundle().WithArgs("/no/such/program");
        Assert.That(ContainerId.TryParse(missing.Id, out ContainerId? second, out _));
        Assert.That(() => Container.Create(new ContainerStore(Box.Folder + "/library"), second!, Load(missing), host, new CreateOptions()), Throws.InstanceOf<SyscallException>());
        first.Start(host);
        Assert.That(() => first.Exec(host, first.ExecDefaults(), new ExecOptions { Process = first.ExecDefaults().Process! with { Args = ["/no/such/program"] } }),
            Throws.InstanceOf<SyscallException>());
        Assert.That(OpenDescriptorsOf(bundle.Folder, bundle.Rootfs), Is.EqualTo(before));
        first.Delete(host, force: true);
    }

    // Descriptors of this process that lead below these folders, or into namespaces.
    private static List<string> OpenDescriptorsOf(params string[] folders) =>
        [.. Directory.GetFiles("/proc/self/fd").Select(link => Files.ReadLink(null, link) ?? "")
            .Where(target => folders.Any(folder => target.StartsWith(folder, StringComparison.Ordinal))).Order()];

    private (Container Container, ProcessHandle Process) RunWith(OciBundle bundle, CreateOptions options)
    {
        Assert.That(ContainerId.TryParse(Box.Name + "lib", out ContainerId? id, out _));
        (Container container, ProcessHandle process, FileDescriptor? terminal) = Container.Run(new ContainerStore(Box.Folder + "/library"), id!, bundle, host, options);
        Assert.That(terminal, Is.Null);
        return (container, process);
    }

    private static unsafe FileDescriptor DetachedMount(string folder)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(folder + "\0"))
            return new FileDescriptor((int)Check.Ok(Kernel.Call(SYS.open_tree, Open.AT_FDCWD, (nint)path, (nint)(Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC)), "open_tree", folder));
    }

    [Test]
    [TestCase("a mount that is attached nowhere")]
    [TestCase("a directory")]
    [TestCase("in a user namespace")]
    [TestCase("without a mount namespace")]
    [TestCase("without pivot_root")]
    public void RootFilesystem_ByDescriptor_LeavesNothingOnTheHost(string kind)
    {
        string tree = Box.Folder + "/tree";
        Fixtures.CopyBusybox(tree);
        TestBundle specified = Shell("echo inside > /file; sleep 1000").Set("root.path", "nowhere").Set("root.readonly", false);
        if (kind == "in a user namespace")
        {
            specified.WithUserNamespace();
            new Launch(Require.Program("chown", "coreutils"), "-hR", "100000:100000", tree).Start().Wait().Succeeded();
        }
        if (kind == "without a mount namespace")
            specified.WithoutNamespace("mount").Set("mounts", new JsonArray()).Set("linux.maskedPaths", new JsonArray()).Set("linux.readonlyPaths", new JsonArray());
        using FileDescriptor root = kind == "a directory" ? Files.Open(null, tree, Open.O_PATH | Open.O_DIRECTORY) : DetachedMount(tree);
        OciBundle bundle = Load(specified) with { RootFilesystem = root };
        (Container container, ProcessHandle process) = RunWith(bundle, new CreateOptions { NoPivot = kind == "without pivot_root" });
        using (process)
        {
            Assert.That(Host.Eventually(() => File.Exists(tree + "/file") && File.ReadAllText(tree + "/file") == "inside\n"));
            Assert.That(Host.MountsOf("self").Select(mount => mount.Point), Has.None.StartsWith(Box.Folder));
            // The descriptor works beside the container's mount: what the container sees can be read from outside.
            Assert.That(Files.TryReadText(root, "file"), Is.EqualTo("inside\n"));
            (ProcessHandle second, _) = container.Exec(host, bundle.Spec, new ExecOptions { Process = bundle.Spec.Process! with { Args = ["/bin/cat", "/file"] }, Streams = Null() });
            using (second)
                Assert.That(second.Wait(), Is.Zero);
            container.Delete(host, force: true);
        }
        Assert.That(Directory.Exists(specified.Folder + "/nowhere"), Is.False);
    }

    private StandardStreams Null()
    {
        FileDescriptor device = Files.Open(null, "/dev/null", Open.O_RDWR);
        return new StandardStreams(device, device, device);
    }

    [Test]
    public void RootFilesystem_ByDescriptor_ServesAgain_AfterAStartThatFailed()
    {
        string tree = Box.Folder + "/tree";
        Fixtures.CopyBusybox(tree);
        using FileDescriptor root = Files.Open(null, tree, Open.O_PATH | Open.O_DIRECTORY);
        OciBundle missing = Load(Bundle().WithArgs("/no/such/program")) with { RootFilesystem = root };
        Assert.That(() => RunWith(missing, new CreateOptions()), Throws.InstanceOf<SyscallException>());
        (Container container, ProcessHandle process) = RunWith(Load(Bundle().WithArgs("/bin/true")) with { RootFilesystem = root }, new CreateOptions());
        using (process)
            Assert.That(process.Wait(), Is.Zero);
        container.DeleteEnded(host);
    }

    [Test]
    [TestCase(false)]
    [TestCase(true)]
    public void Streams_OfTheCallersChoice_AreTheProcesss(bool hasUser)
    {
        TestBundle specified = Shell("cat; echo error >&2; echo again > /dev/stdout").WithUser(1000, 1000);
        if (hasUser)
            specified.WithUserNamespace();
        using FileDescriptor input = Files.CreateMemory("input"), output = Files.CreateMemory("output"), error = Files.CreateMemory("error");
        Files.Write(input, "input\n"u8, "input");
        Files.Rewind(input);
        (Container container, ProcessHandle process) = RunWith(Load(specified), new CreateOptions { Streams = new StandardStreams(input, output, error) });
        using (process)
            Assert.That(process.Wait(), Is.Zero);
        container.DeleteEnded(host);
        Assert.That(TextOf(output), Does.StartWith("input\n").Or.StartWith("again\n"));
        Assert.That(TextOf(error), Is.EqualTo("error\n"));
    }

    [Test]
    public void Streams_ThatAreTheCallersOwnInAnotherOrder_AndOfAnExec()
    {
        TestBundle specified = Sleeper();
        OciBundle bundle = Load(specified);
        (Container container, ProcessHandle process) = RunWith(bundle, new CreateOptions { Streams = Null() });
        using FileDescriptor output = Files.CreateMemory("output");
        // The numbers 0 to 2 of this process are the test host's: as streams of another they are copied first.
        using FileDescriptor ownInput = new(Files.Duplicate(0));
        (ProcessHandle second, _) = container.Exec(host, bundle.Spec, new ExecOptions
        {
            Process = bundle.Spec.Process! with { Args = ["/bin/sh", "-c", "echo out; echo err >&2"] },
            Streams = new StandardStreams(ownInput, output, output),
        });
        using (second)
            Assert.That(second.Wait(), Is.Zero);
        Assert.That(TextOf(output), Is.EqualTo("out\nerr\n"));
        using (process)
            container.Delete(host, force: true);
    }

    [Test]
    public void Streams_BesideATerminal_AreRefused()
    {
        OciBundle bundle = Load(Bundle().WithArgs("/bin/true").Set("process.terminal", true));
        Assert.That(() => RunWith(bundle, new CreateOptions { Streams = Null() }), Throws.InstanceOf<RuntimeException>().With.Message.Contains("process.terminal"));
    }

    [Test]
    public void WaitAsync_EndsWithTheProcess_AndCanBeCancelled()
    {
        (Container container, ProcessHandle process) = RunWith(Load(Shell("trap 'exit 7' TERM; while :; do sleep 0.01; done")), new CreateOptions { Streams = Null() });
        using (process)
        {
            using CancellationTokenSource stop = new(50);
            Assert.That(() => process.WaitAsync(stop.Token).GetAwaiter().GetResult(), Throws.InstanceOf<OperationCanceledException>());
            Task<int> wait = process.WaitAsync();
            Assert.That(wait.IsCompleted, Is.False);
            process.TryKill(Signal.SIGTERM);
            Assert.That(wait.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult(), Is.EqualTo(7));
        }
        container.DeleteEnded(host);
    }

    private static string TextOf(FileDescriptor memory) => File.ReadAllText($"/proc/self/fd/{memory.Number}");
}
