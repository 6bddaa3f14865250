using System.Security.Cryptography;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>CVE-2019-5736: a container reaches for the runtime's own file through /proc/self/exe.</summary>
public sealed class SelfExecutableTests : KernelTest
{
    private static string Hash() => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(RuntimeUnderTest.Path)));

    [Test]
    [TestCase("/proc/self/exe")]
    [TestCase("/link-to-exe")]
    [TestCase("/script")]
    public void CVE_2019_5736_EntryPointIsTheExecutable_NeverReachesTheRuntime(string entry)
    {
        string before = Hash();
        TestBundle bundle = Bundle().WithArgs(entry, "version").WithOwnRootfs();
        File.CreateSymbolicLink(bundle.Rootfs + "/link-to-exe", "/proc/self/exe");
        File.WriteAllText(bundle.Rootfs + "/script", "#!/proc/self/exe\n");
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/script", 0x1ed /* 0755 */);
        Outcome run = Run(bundle);
        Assert.That(run.Output, Does.Not.Contain("vrun version").And.Not.Contain("USAGE"), run.ToString());
        Assert.That(run.ExitCode, Is.Not.Zero);
        if (RuntimeUnderTest.IsVrun)
            Assert.That(run.Error, Does.Contain("permission denied"), "the image in memory can be executed no second time");
        Assert.That(Hash(), Is.EqualTo(before));
        AssertNothingLeft();
    }

    [Test]
    [TestCase("/proc/self/exe")]
    [TestCase("/script")]
    public void CVE_2019_5736_Exec_OfTheExecutable_NeverReachesTheRuntime(string entry)
    {
        string before = Hash();
        TestBundle bundle = Sleeper().WithOwnRootfs();
        File.WriteAllText(bundle.Rootfs + "/script", "#!/proc/self/exe\n");
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/script", 0x1ed);
        Start(bundle);
        Outcome exec = Exec(bundle.Id, entry, "--version");
        Assert.That(exec.Output, Does.Not.Contain("vrun version").And.Not.Contain("USAGE"), exec.ToString());
        Assert.That(Hash(), Is.EqualTo(before));
        Delete(bundle.Id);
    }

    [Test]
    public void CVE_2019_5736_DuringExecs_ContainersSeeOnlyMemoryOrTheirOwnFiles()
    {
        string before = Hash();
        // In the container, with every right: opens each process's executable for writing and tells where it leads.
        TestBundle bundle = Shell("""
            echo ready > /out/ready
            while [ ! -e /out/stop ]; do for p in /proc/[0-9]*; do
            t=$(readlink $p/exe 2>/dev/null) || continue
            case $t in /bin/busybox) ;; *) echo "$t" >> /out/seen
              ( : >> $p/exe ) 2>/dev/null && echo "WRITABLE $t" >> /out/seen
              dd if=/bin/true of=$p/exe conv=notrunc bs=1 count=1 2>/dev/null && echo "WRITTEN $t" >> /out/seen ;; esac
            done; done
            """).WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind").WithMoreCapabilities("CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN");
        Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/ready")));
        for (int i = 0; i < 50; i++)
            Exec(bundle.Id, "true").Succeeded();
        File.WriteAllText(Box.Folder + "/stop", "");
        string[] seen = File.Exists(Box.Folder + "/seen") ? File.ReadAllLines(Box.Folder + "/seen") : [];
        Delete(bundle.Id);
        Assert.That(Hash(), Is.EqualTo(before), "the runtime's file was changed");
        Assert.That(seen.Where(line => !line.StartsWith("/memfd:") && !line.StartsWith("/bin/")), Is.Empty);
    }

    [Test]
    public void CVE_2019_5736_Created_RunsFromSealedMemory()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        int pid = Pid(bundle.Id);
        Assert.That(Native.Safe.Files.ReadLink(null, $"/proc/{pid}/exe"), Does.StartWith("/memfd:"));
        // No page of the runtime's file is mapped in what waits.
        Assert.That(Host.ReadProc($"/proc/{pid}/maps"), Does.Not.Contain("vrun\n").And.Not.Contain(RuntimeUnderTest.Path));
        // Sealed: not even root of the host can change it.
        Assert.That(() => File.OpenWrite($"/proc/{pid}/exe").Dispose(), Throws.InstanceOf<Exception>());
        Delete(bundle.Id);
    }

    [Test]
    public void Created_IsNotDumpable()
    {
        // Its /proc files belong to root, whatever user it is: no process of the container's user can look into it.
        TestBundle bundle = Sleeper().WithUser(1000, 1000);
        Create(bundle).Succeeded();
        Assert.That(Host.Stat($"/proc/{Pid(bundle.Id)}/maps").stx_uid, Is.Zero);
        Delete(bundle.Id);
    }
}
