using NUnit.Framework;
using Vessel.Core.Security;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>AppArmor confines the program, from its first instruction, and each further one of exec.</summary>
/// <remarks>Alone: Linux 5.10 can spin for ever in the exchange of a profile while other processes start, and hold up the whole machine.</remarks>
[Category("Vm"), Category("Host"), NonParallelizable]
public sealed class ApparmorTests : KernelTest
{
    private const string TrySecret = "cat /proc/self/attr/current; cat /etc/secret || echo denied";

    private string profile = "";

    [SetUp]
    public void LoadProfile()
    {
        Require.That(Labels.HasApparmor, "needs AppArmor: a virtual machine of build/vm");
        profile = Box.Name + "profile";
        Parse("--replace", $"profile {profile} flags=(attach_disconnected,mediate_deleted) {{ file, capability, network, signal, ptrace, mount, umount, unix, deny /etc/secret r, }}");
    }

    [TearDown]
    public void UnloadProfile() => Parse("--remove", $"profile {profile} {{ }}");

    private void Parse(string action, string text)
    {
        string file = Box.Folder + "/profile";
        File.WriteAllText(file, text + "\n");
        new Launch(Require.Program("apparmor_parser", "apparmor"), action, "--skip-cache", file).Start().Wait().Succeeded();
    }

    private TestBundle Confined(string script)
    {
        TestBundle bundle = Shell(script).WithOwnRootfs().Set("process.apparmorProfile", profile);
        File.WriteAllText(bundle.Rootfs + "/etc/secret", "secret\n");
        return bundle;
    }

    [Test]
    public void Run_IsConfined([Values] bool noNewPrivileges)
    {
        TestBundle bundle = Confined(TrySecret).Set("process.noNewPrivileges", noNewPrivileges);
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { $"{profile} (enforce)", "denied" }));
    }

    [Test]
    public void Created_Started_AndExec_AreConfined()
    {
        TestBundle bundle = Confined("sleep 1000");
        int pid = Start(bundle);
        Assert.That(Host.Eventually(() => Host.ReadProc($"/proc/{pid}/attr/current").StartsWith(profile, StringComparison.Ordinal)), "not confined as seen from outside");
        Assert.That(Exec(bundle.Id, "sh", "-c", TrySecret).Succeeded().Lines, Is.EqualTo(new[] { $"{profile} (enforce)", "denied" }));
        Delete(bundle.Id);
    }

    [Test]
    public void AProfileThatIsNotLoaded_IsToldByCreate_AndLeavesNothing()
    {
        TestBundle bundle = Confined("true").Set("process.apparmorProfile", profile + "no");
        Create(bundle).FailedInOneLine("process.apparmorProfile", profile + "no", "apparmor_parser");
        AssertNothingLeft();
    }

    // The label is written through the host's procfs, before the container's own is there: an image cannot take its place.
    [Test]
    public void CVE_2019_19921_AnImagesProc_TakesNoLabelAway()
    {
        TestBundle bundle = Confined(TrySecret);
        Directory.Delete(bundle.Rootfs + "/proc");
        Directory.CreateDirectory(bundle.Rootfs + "/evil/self/attr");
        Directory.CreateSymbolicLink(bundle.Rootfs + "/proc", "/evil");
        Run(bundle).FailedInOneLine("/proc");
        AssertNothingLeft();
    }
}
