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
        foreach (string descriptor in OpenIn(pid))
        {
            string target = Files.ReadLink(null, $"/proc/{pid}/fd/{descriptor}") ?? "";
            Assert.That(target, Does.Not.StartWith("/sys/fs/cgroup").And.Not.EqualTo("/").Or.StartsWith("/memfd"), $"descriptor {descriptor}");
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

    [Test]
    public void CVE_2016_9962_ContainerProcesses_NeverSeeADescriptorOfTheHostDuringExec()
    {
        // It looks at every process's descriptors and memory as fast as it can, with the right to trace.
        TestBundle bundle = Shell("""
            echo ready
            while :; do for p in /proc/[0-9]*; do [ $p = /proc/1 ] && continue; [ $p = /proc/$$ ] && continue
            for f in $p/fd/*; do t=$(readlink $f 2>/dev/null) || continue; case $t in pipe:*|/dev/null|/memfd:*|socket:*) ;; *) echo "$f $t";; esac; done
            done; done > /out/seen
            """).WithMoreCapabilities("CAP_SYS_PTRACE").WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind");
        Start(bundle);
        for (int i = 0; i < 50; i++)
            CallWithOpenDescriptors("exec", bundle.Id, "true").Succeeded();
        string[] seen = File.ReadAllLines(Box.Folder + "/seen").Where(line => !line.Contains("/proc/") || line.Split(' ') is [_, { } target] && !target.StartsWith("/proc/")).ToArray();
        Delete(bundle.Id);
        Assert.That(seen.Where(line => line.Contains("cgroup") || line.EndsWith(" /")), Is.Empty);
    }

    private static IEnumerable<string> OpenIn(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(path => Path.GetFileName(path));
}
