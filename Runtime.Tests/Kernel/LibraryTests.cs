using NUnit.Framework;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
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
        Assert.That(() => Create(Load(bundle)), Throws.InstanceOf<RuntimeException>().With.Property("Kind").EqualTo(ErrorKind.AlreadyExists));
        TestBundle missing = Bundle().WithArgs("/no/such/program");
        Assert.That(ContainerId.TryParse(missing.Id, out ContainerId? second, out _));
        Assert.That(() => Container.Create(new ContainerStore(Box.Folder + "/library"), second!, Load(missing), host, new CreateOptions()), Throws.InstanceOf<Native.Safe.SyscallException>());
        first.Start(host);
        Assert.That(() => first.Exec(host, first.ExecDefaults(), new ExecOptions { Process = first.ExecDefaults().Process! with { Args = ["/no/such/program"] } }),
            Throws.InstanceOf<Native.Safe.SyscallException>());
        Assert.That(OpenDescriptorsOf(bundle.Folder, bundle.Rootfs), Is.EqualTo(before));
        first.Delete(host, force: true);
    }

    // Descriptors of this process that lead below these folders, or into namespaces.
    private static List<string> OpenDescriptorsOf(params string[] folders) =>
        [.. Directory.GetFiles("/proc/self/fd").Select(link => Native.Safe.Files.ReadLink(null, link) ?? "")
            .Where(target => folders.Any(folder => target.StartsWith(folder, StringComparison.Ordinal))).Order()];
}
