using NUnit.Framework;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Validation;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Validation;

/// <summary>A well-formed document that cannot be meant, or that asks for what there is not, is refused by the name of the property.</summary>
public sealed class SpecValidatorTests
{
    private static string? Refusal(Func<Spec, Spec> change)
    {
        try
        {
            SpecValidator.Check(change(DefaultSpec.Create()));
            return null;
        }
        catch (RuntimeException e)
        {
            Assert.That(e.Kind, Is.EqualTo(ErrorKind.InvalidSpec));
            return e.Message;
        }
    }

    private static Spec Linux(Spec spec, Func<SpecLinux, SpecLinux> change) => spec with { Linux = change(spec.Linux!) };

    private static Spec Process(Spec spec, Func<SpecProcess, SpecProcess> change) => spec with { Process = change(spec.Process!) };

    [Test]
    public void TheDocumentThatSpecWrites_IsValid()
    {
        Assert.That(Refusal(s => s), Is.Null);
        Assert.That(() => SpecValidator.Check(DefaultSpec.Rootless()), Throws.Nothing);
    }

    [Test]
    public void AllThatIsWrong_IsToldAtOnce()
    {
        string message = Refusal(s => Process(s with { Root = null }, p => p with { Args = [] }))!;
        Assert.That(message, Is.EqualTo("root: missing; process.args: missing"));
    }

    [Test]
    public void Refusals()
    {
        Assert.That(Refusal(s => Process(s, p => p with { Env = ["A=1", "NAME"] })), Does.Contain("process.env[1]: \"NAME\" has no `=`"));
        Assert.That(Refusal(s => Process(s, p => p with { Env = ["=x"] })), Does.Contain("process.env[0]: \"=x\" has no name"));
        Assert.That(Refusal(s => Linux(s with { Domainname = "d" }, l => l with { Sysctl = new Dictionary<string, string> { ["kernel/domainname"] = "d" } })), Does.Contain("the property domainname sets it as well"));
        Assert.That(Refusal(s => Linux(s, l => l with { Sysctl = new Dictionary<string, string> { ["kernel.domainname"] = "d" } })), Is.Null);
        Assert.That(Refusal(s => s with { Process = null }), Is.EqualTo("process: missing"));
        Assert.That(Refusal(s => Linux(s, l => l with { Namespaces = [.. l.Namespaces, l.Namespaces[0]] })), Does.Contain("pid is there twice"));
        Assert.That(Refusal(s => Linux(s, l => l with { Namespaces = [.. l.Namespaces, new LinuxNamespace { Type = "user" }] })), Does.Contain("linux.uidMappings: missing"));
        Assert.That(Refusal(s => Linux(s, l => l with { Namespaces = l.Namespaces.Where(n => n.Type != "uts").ToList() })), Is.EqualTo("hostname: needs a uts namespace"));
        Assert.That(Refusal(s => Linux(s, l => l with { UidMappings = [new(0, 1, 1)] })), Is.EqualTo("linux.uidMappings: need a user namespace"));
        Assert.That(Refusal(s => Linux(s, l => l with { TimeOffsets = new Dictionary<string, LinuxTimeOffset> { ["monotonic"] = new(1, 0) } })), Does.Contain("need a new time namespace"));
        Assert.That(Refusal(s => Linux(s, l => l with { IntelRdt = new LinuxIntelRdt() })), Is.EqualTo("linux.intelRdt: is not supported"));
        Assert.That(Refusal(s => s with { Windows = "{}" }), Is.EqualTo("windows: is for another platform than Linux"));
        Assert.That(Refusal(s => Process(s, p => p with { Rlimits = [new PosixRlimit("RLIMIT_NOFILE", 1, 2)] })), Does.Contain("soft 2 is above hard 1"));
        Assert.That(Refusal(s => Process(s, p => p with { User = new SpecUser { Uid = uint.MaxValue } })), Does.Contain("process.user.uid"));
        Assert.That(Refusal(s => s with { Mounts = [new SpecMount { Destination = "/x", Options = ["bind"] }] }), Does.Contain("mounts[0].source: missing"));
        Assert.That(Refusal(s => s with { Mounts = [new SpecMount { Destination = "/x", Type = "proc", Options = ["tmpcopyup"] }] }), Does.Contain("tmpcopyup is for tmpfs"));
    }

    [TestCase("net.ipv4.ip_forward", "1", true)]
    [TestCase("net/ipv4/conf/eth0.1/forwarding", "1", true)]
    [TestCase("kernel.msgmax", "1", true)]
    [TestCase("fs.mqueue.msg_max", "1", true)]
    [TestCase("kernel.core_pattern", "|/x", false)]
    [TestCase("vm.swappiness", "1", false)]
    [TestCase("kernel.hostname", "x", false)]
    [TestCase("net.ipv4.ip_forward", "1\nkernel.core_pattern=x", false)]
    [TestCase("net.ipv4+x", "1", false)]
    [TestCase("net.ipv4=x", "1", false)]
    [TestCase("net/../kernel/core_pattern", "x", false)]
    [TestCase("net..ipv4", "x", false)]
    [TestCase("", "x", false)]
    public void Sysctl_OnlyOfNamespaces(string key, string value, bool allowed) =>
        Assert.That(Sysctls.Refusal(key, value, true, true, true) is null, Is.EqualTo(allowed));

    [Test]
    public void Sysctl_OfTheHostsNamespaces_IsRefused()
    {
        Assert.That(Sysctls.Refusal("net.ipv4.ip_forward", "1", ownsIpc: true, ownsNetwork: false, ownsUts: true), Does.Contain("network namespace"));
        Assert.That(Sysctls.Refusal("kernel.shmmax", "1", ownsIpc: false, ownsNetwork: true, ownsUts: true), Does.Contain("ipc namespace"));
    }

    [TestCase("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [TestCase("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [TestCase("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    public void Sysctl_DotsAndSlashes(string key, string path) => Assert.That(Sysctls.PathOf(key), Is.EqualTo(path));
}
