using NUnit.Framework;
using Vessel.Core.Security.Seccomp;
using Vessel.Images.Bundles;
using Vessel.Oci.Runtime;
using Vessel.Tests.Unit.Core.Security;
using Machine = System.Runtime.InteropServices.Architecture;

namespace Vessel.Tests.Unit.Images.Bundles;

/// <summary>The profile of a container that asks for none is docker's.</summary>
public sealed class DefaultSeccompTests
{
    private static IEnumerable<string> Rules(LinuxSeccomp profile) =>
        profile.Syscalls.SelectMany(rule => rule.Names.Select(name => $"{name} {rule.Action} {rule.ErrnoRet} {string.Join(' ', rule.Args)}")).Distinct().Order(StringComparer.Ordinal);

    private static readonly string[][] Sets =
    [
        [],
        ["CAP_SYS_CHROOT", "CAP_NET_RAW"],
        ["CAP_SYS_ADMIN"],
        ["CAP_DAC_READ_SEARCH", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_MODULE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_SYS_NICE", "CAP_SYSLOG", "CAP_BPF", "CAP_PERFMON"],
    ];

    [Test]
    public void Profile_IsDockers([ValueSource(nameof(Sets))] string[] capabilities, [Values(Machine.X64, Machine.Arm64)] Machine architecture)
    {
        LinuxSeccomp own = DefaultSeccomp.Of(capabilities, architecture);
        LinuxSeccomp? dockers = Profiles.DockerDefault(architecture == Machine.Arm64 ? SeccompArchitecture.Arm64 : SeccompArchitecture.X86_64, capabilities);
        if (dockers is null)
        {
            TestContext.Out.WriteLine("left out: docker's default profile is not beside the checkout (shared/data/docker-seccomp-default.json)");
            return;
        }
        Assert.That(Rules(own), Is.EqualTo(Rules(dockers)));
        Assert.That((own.DefaultAction, own.DefaultErrnoRet), Is.EqualTo((dockers.DefaultAction, dockers.DefaultErrnoRet)));
        Assert.That(own.Architectures, Is.EqualTo(dockers.Architectures));
    }

    [Test]
    public void Profile_RefusesWhatLeadsOut()
    {
        BpfInterpreter filter = Profiles.Compile(DefaultSeccomp.Of([], Machine.X64));
        Assert.That(DefaultSeccomp.Of([], Machine.X64).Syscalls.SelectMany(r => r.Names), Has.None.EqualTo("mount").And.None.EqualTo("keyctl").And.None.EqualTo("bpf").And.None.EqualTo("userfaultfd"));
        Assert.That(filter, Is.Not.Null, "and it compiles");
    }
}
