using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Descriptors of the host, which must not reach a container.</summary>
public sealed class DescriptorTests : KernelTest
{
    // The caller has folders and files of the host open, without close-on-exec.
    private Outcome CallWithOpenDescriptors(params string[] arguments)
    {
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, arguments);
        List<FileDescriptor> opened = [];
        for (int number = 3; number <= 40; number++)
        {
            FileDescriptor folder = Files.Open(null, number % 2 == 0 ? "/" : "/sys/fs/cgroup", Native.Raw.Open.O_RDONLY | Native.Raw.Open.O_DIRECTORY);
            opened.Add(folder);
            launch.Descriptors[number] = folder;
        }
        Outcome outcome = launch.Start().Wait();
        opened.ForEach(d => d.Dispose());
        return outcome;
    }

    [Test, Category("Fallback")]
    public void CVE_2024_21626_RunAndExec_OnlyTheStandardStreamsAreOpen()
    {
        TestBundle bundle = Shell("ls /proc/self/fd").Save();
        Assert.That(CallWithOpenDescriptors("run", "-b", bundle.Folder, bundle.Id).Succeeded().Lines, Is.EqualTo(new[] { "0", "1", "2", "3" }));
        TestBundle running = Sleeper().Save();
        CallWithOpenDescriptors("create", "-b", running.Folder, running.Id).Succeeded();
        CallWithOpenDescriptors("start", running.Id).Succeeded();
        Assert.That(OpenIn(Pid(running.Id)), Is.SubsetOf(new[] { "0", "1", "2", "10" }), "a shell may keep its script at 10");
        Assert.That(CallWithOpenDescriptors("exec", running.Id, "ls", "/proc/self/fd").Succeeded().Lines, Is.EqualTo(new[] { "0", "1", "2", "3" }));
        Delete(running.Id);
    }

    [Test]
    public void CVE_2024_21626_Created_HoldsNoFolderOfTheHost()
    {
        TestBundle bundle = Sleeper().Save();
        CallWithOpenDescriptors("create", "-b", bundle.Folder, bundle.Id).Succeeded();
        int pid = Pid(bundle.Id);
        // A descriptor whose mount is in our own mount table is one of the host's; sockets and memory are on no mount of it.
        HashSet<string> mounts = [.. Host.ReadProc("/proc/self/mountinfo").Split('\n').Select(line => line.Split(' ')[0])];
        foreach (string descriptor in OpenIn(pid).Where(d => int.Parse(d) > 2))
        {
            string mount = Host.ReadProc($"/proc/{pid}/fdinfo/{descriptor}").Split('\n').First(line => line.StartsWith("mnt_id:")).Split('\t')[1];
            Assert.That(mounts, Does.Not.Contain(mount), $"descriptor {descriptor}: {Files.ReadLink(null, $"/proc/{pid}/fd/{descriptor}")}");
        }
        Delete(bundle.Id);
    }

    [Test, Category("Fallback")]
    public void CVE_2024_21626_CwdIsADescriptor_OnCreate()
    {
        for (int number = 3; number <= 40; number++)
        {
            TestBundle bundle = Shell("pwd; ls").Set("process.cwd", $"/proc/self/fd/{number}").Save();
            Outcome run = CallWithOpenDescriptors("run", "-b", bundle.Folder, bundle.Id);
            Assert.That(run.ExitCode, Is.Not.Zero, run.ToString());
        }
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void CVE_2024_21626_CwdIsADescriptor_OnExec()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        for (int number = 3; number <= 40; number++)
            foreach (string path in new[] { $"/proc/self/fd/{number}", $"/proc/self/fd/{number}/../../etc" })
            {
                Outcome exec = CallWithOpenDescriptors("exec", "--cwd", path, bundle.Id, "ls", ".");
                Assert.That(exec.ExitCode, Is.Not.Zero, exec.ToString());
            }
        Delete(bundle.Id);
    }

    [Test]
    public void CVE_2024_21626_CwdIsALinkOfTheImageToADescriptor()
    {
        TestBundle bundle = Shell("pwd; ls").WithOwnRootfs().Set("process.cwd", "/escape");
        for (int number = 3; number <= 12; number++)
        {
            File.Delete(bundle.Rootfs + "/escape");
            File.CreateSymbolicLink(bundle.Rootfs + "/escape", $"/proc/self/fd/{number}");
            Outcome run = CallWithOpenDescriptors("run", "-b", bundle.Save().Folder, bundle.Id);
            if (run.ExitCode == 0)
                Assert.That(run.Lines, Does.Not.Contain("vmlinuz").And.Not.Contain("memory"), run.ToString());
        }
    }

    // A process of the container's looks at every other's descriptors as fast as it can. With the right to trace it may see what an exec works with,
    // which is the container's own; without that right it sees nothing at all.
    [Test]
    [TestCase(false)]
    [TestCase(true)]
    public void CVE_2016_9962_ContainerProcesses_NeverSeeADescriptorOfTheHostDuringExec(bool mayTrace)
    {
        TestBundle bundle = Shell("""
            root=$(stat -c %d:%i /); echo ready > /out/ready
            while [ ! -e /out/stop ]; do for p in /proc/[0-9]*; do case $p in /proc/1|/proc/$$) continue;; esac
            for f in $p/fd/*; do i=$(stat -L -c '%d:%i %F' $f 2>/dev/null) || continue
            case $i in "$root "*|*fifo*|*socket*|*character*|*regular*|*weird*) ;; *) echo "$f $i $(readlink $f) $(ls $f 2>/dev/null | head -3 | tr '\\n' ' ')" >> /out/seen;; esac
            done; done; done
            """).WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind");
        if (mayTrace)
            bundle.WithMoreCapabilities("CAP_SYS_PTRACE");
        Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/ready")));
        for (int i = 0; i < 100; i++)
            CallWithOpenDescriptors("exec", bundle.Id, "true").Succeeded();
        File.WriteAllText(Box.Folder + "/stop", "");
        string[] seen = File.Exists(Box.Folder + "/seen") ? File.ReadAllLines(Box.Folder + "/seen") : [];
        Delete(bundle.Id);
        // Descriptor, device:inode, "directory", path, what is in it. Folders of the container's own procfs are what its own programs look through.
        Assert.That(seen.Select(line => line.Split(' ')).Where(words => words[2] == "directory" && !words[3].StartsWith("/proc/")).Select(words => string.Join(' ', words)), Is.Empty);
    }

    private static IEnumerable<string> OpenIn(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(path => Path.GetFileName(path));

    [Test, Category("Fallback")]
    public void CVE_2016_9962_BeforeExecve_TheProcessCannotBeLookedInto()
    {
        // A process that is not dumpable shows in its files' owner: root, although it runs as somebody else already.
        TestBundle bundle = Sleeper().WithUser(1000, 1000);
        Create(bundle).Succeeded();
        int pid = Pid(bundle.Id);
        Assert.That(Host.Status(pid, "Uid").Split('\t')[0], Is.EqualTo("1000"));
        Assert.That(Host.Stat($"/proc/{pid}/environ").stx_uid, Is.Zero, "not dumpable while it is ours");
        Call("start", bundle.Id).Succeeded();
        Assert.That(Host.Stat($"/proc/{pid}/environ").stx_uid, Is.EqualTo(1000), "the program's own affair afterwards");
        Delete(bundle.Id);
    }

    // The kernel makes a table of 64 descriptors; to enlarge that of a process with several threads takes it 12 to 17 ms, a grace period of RCU.
    [Test]
    public void Created_WithACallerOfFewDescriptors_NeedsNoLargerTable()
    {
        TestBundle bundle = Sleeper();
        Launch launch = Box.Command("create", "-b", bundle.Save().Folder, bundle.Id);
        new Launch("/bin/sh", ["-c", "\"$@\"; exit $?", "sh", launch.Path, .. launch.Arguments]) { Filter = launch.Filter }.Start().Wait().Succeeded();
        Assert.That(Host.Status(Pid(bundle.Id), "FDSize"), Is.EqualTo("64"));
        Delete(bundle.Id);
    }
}
