using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Capabilities, users and ids.</summary>
public sealed class CredentialTests : KernelTest
{
    [Test, Category("Standard"), Category("Fallback")]
    public void CVE_2022_29162_InheritableAndAmbientAreEmpty_OnRunAndExec()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        foreach (string status in new[]
        {
            Host.ReadProc($"/proc/{pid}/status"), Exec(bundle.Id, "cat", "/proc/self/status").Succeeded().Output,
            Call("exec", "--cap", "CAP_SYS_ADMIN", bundle.Id, "cat", "/proc/self/status").Succeeded().Output,
            Call("exec", "-u", "1000", "--cap", "CAP_SYS_ADMIN", bundle.Id, "cat", "/proc/self/status").Succeeded().Output,
        })
        {
            Assert.That(Host.StatusField(status, "CapInh"), Is.EqualTo("0000000000000000"));
            Assert.That(Host.StatusField(status, "CapAmb"), Is.EqualTo("0000000000000000"));
        }
        Delete(bundle.Id);
    }

    [Test]
    public void CVE_2016_3697_NumericUserNamedInPasswd_StaysANumber()
    {
        TestBundle bundle = Sleeper().WithOwnRootfs();
        File.WriteAllText(bundle.Rootfs + "/etc/passwd", "1000:x:0:0::/root:/bin/sh\n0:x:1:1::/:/bin/sh\nroot:x:0:0::/root:/bin/sh\n");
        Start(bundle);
        Assert.That(Call("exec", "-u", "1000", bundle.Id, "sh", "-c", "grep ^Uid /proc/self/status").Succeeded().Text, Is.EqualTo("Uid:\t1000\t1000\t1000\t1000"));
        Assert.That(Call("exec", "-u", "0", bundle.Id, "sh", "-c", "grep ^Uid /proc/self/status").Succeeded().Text, Is.EqualTo("Uid:\t0\t0\t0\t0"));
        Delete(bundle.Id);
    }

    [Test]
    public void CVE_2026_30892_and_2024_40635_ExecUserForms()
    {
        TestBundle bundle = Sleeper().WithUser(7, 8);
        Start(bundle);
        Assert.Multiple(() =>
        {
            Assert.That(Ids("1"), Is.EqualTo("1:8"));
            Assert.That(Ids("1:2"), Is.EqualTo("1:2"));
            Assert.That(Ids("0:0"), Is.EqualTo("0:0"));
            Assert.That(Ids("0010"), Is.EqualTo("10:8"));
            Assert.That(Ids("2147483647:2147483647"), Is.EqualTo("2147483647:2147483647"));
            foreach (string bad in new[]
            {
                "4294967296", "2147483648", "4294967295", "99999999999", "99999999999999999999999", "-1", "+0", "+1", "0x0", " 0", "0 ", "root", "name:1", "1:name",
                "1:-1", "1:", ":", ":1", "1:2:3", "1:4294967296", "0\n", "٠",
            })
            {
                Outcome exec = Call("exec", "-u", bad, bundle.Id, "id");
                Assert.That(exec.ExitCode, Is.Not.Zero, $"`{bad}`: {exec}");
                Assert.That(exec.Output, Is.Empty, $"`{bad}`: {exec}");
            }
        });
        Delete(bundle.Id);
        string Ids(string user) => Call("exec", "-u", user, bundle.Id, "sh", "-c", "echo $(id -u):$(id -g)").Succeeded().Text;
    }

    [Test]
    [TestCase("4294967295")]
    [TestCase("4294967296")]
    [TestCase("99999999999")]
    [TestCase("-1")]
    public void CVE_2024_40635_UserOfTheDocument_IsChecked(string uid)
    {
        Run(Shell("id").Set("process.user.uid", JsonNode.Parse(uid))).FailedInOneLine("process.user.uid");
        Run(Shell("id").Set("process.user.gid", JsonNode.Parse(uid))).FailedInOneLine("process.user.gid");
        Run(Shell("id").Set("process.user.additionalGids", JsonNode.Parse($"[{uid}]"))).FailedInOneLine(uid);
        AssertNothingLeft();
    }

    // Groups of the image's files that deny their members: the process is in its primary group and in those asked for, and no others.
    [Test, Category("Standard")]
    public void CVE_2022_36109_GroupsAreExactlyThoseAskedFor()
    {
        TestBundle bundle = Shell("id -G; cat /kept || echo denied").WithOwnRootfs().WithUser(1000, 1000, 50);
        File.WriteAllText(bundle.Rootfs + "/kept", "kept\n");
        Native.Safe.Files.TryChangeOwner(null, bundle.Rootfs + "/kept", 0, 50);
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/kept", 0x184 /* 0604: not for the group */);
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "1000 50", "denied" }));
    }

    [Test]
    public void CVE_2021_43784_VeryLongTexts_ArePassedWholeOrRefused()
    {
        string value = new('x', 70_000);
        Assert.That(RunShell("echo ${#LONG}", b => b.WithEnv("LONG=" + value)).Text, Is.EqualTo("70000"));
        Run(Shell("true").Set("hostname", value)).FailedInOneLine();
        Run(Shell("true").WithOwnRootfs().WithMount("/" + value, "tmpfs", "tmpfs")).FailedInOneLine();
        JsonArray many = [];
        for (int i = 0; i < 400; i++)
            many.Add((JsonNode)new JsonObject { ["containerID"] = i, ["hostID"] = 100_000 + i, ["size"] = 1 });
        TestBundle mapped = Shell("true").WithUserNamespace();
        mapped.Set("linux.uidMappings", many);
        // The kernel takes 340 ranges.
        Run(mapped).FailedInOneLine("uid_map");
        AssertNothingLeft();
    }

    [Test]
    public void CVE_2026_47262_HugePasswd_IsNotReadWhole()
    {
        TestBundle bundle = Shell("echo $HOME").WithOwnRootfs();
        using (FileStream passwd = File.Create(bundle.Rootfs + "/etc/passwd"))
            passwd.SetLength(2L << 30);
        Assert.That(Measured(bundle), Is.LessThan(64 << 10));

        using (FileStream passwd = File.Create(bundle.Rootfs + "/etc/passwd"))
            passwd.Write(System.Text.Encoding.ASCII.GetBytes(new string('x', 32 << 20)));
        Assert.That(Measured(bundle), Is.LessThan(64 << 10));

        // Its largest resident size in KiB.
        long Measured(TestBundle b)
        {
            string report = Box.Folder + "/rss";
            Launch runtime = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", b.Save().Folder, b.Id);
            Outcome run = new Launch(Require.Program("time", "time"), ["-f", "%M", "-o", report, runtime.Path, .. runtime.Arguments]).Start().Wait(10_000).Succeeded();
            Assert.That(run.Text, Is.EqualTo("/"));
            return long.Parse(File.ReadAllText(report));
        }
    }

    [Test]
    [TestCase("/dev/zero")]
    [TestCase("/fifo")]
    [TestCase("/proc/kmsg")]
    public void CVE_2024_9676_PasswdIsAnEndlessFileOrFifo_IsPassedOver(string target)
    {
        TestBundle bundle = Shell("echo $HOME").WithOwnRootfs();
        File.Delete(bundle.Rootfs + "/etc/passwd");
        File.CreateSymbolicLink(bundle.Rootfs + "/etc/passwd", target);
        Native.Safe.Files.TryMakeNode(null, bundle.Rootfs + "/fifo", Native.Raw.Open.S_IFIFO | 0x1b6, 0);
        if (target == "/dev/zero")
            Native.Safe.Files.TryMakeNode(null, bundle.Rootfs + "/dev/zero", Native.Raw.Open.S_IFCHR | 0x1b6, (1 << 8) | 5);
        Assert.That(Begin(bundle).Wait(10_000).Succeeded().Text, Is.EqualTo("/"));
    }

    [Test]
    public void CVE_2022_4318_PasswdLines_CannotBreakTheEnvironment()
    {
        TestBundle bundle = Shell("echo \"$HOME\"; env | grep -c EVIL").WithOwnRootfs();
        File.WriteAllText(bundle.Rootfs + "/etc/passwd", "root:x:0:0:root:relative:/bin/sh\nroot:x:0:0:root:/second\0EVIL=1:/bin/sh\n");
        Assert.That(Run(bundle).Lines, Does.Not.Contain("1"));
    }

    [Test, Category("Compiled")]
    public void NoNewPrivileges_SetuidProgramsGainNothing()
    {
        TestBundle bundle = Bundle().WithOwnRootfs().WithUser(1000, 1000).WithArgs("/suid");
        // Not busybox, which gives the right away by itself.
        CCompiler.Compile("#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf(\"%d %d\\n\", getuid(), geteuid()); return 0; }\n", bundle.Rootfs + "/suid");
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/suid", 0x9ed /* 4755 */);
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("1000 1000"));
        bundle.Set("process.noNewPrivileges", false);
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("1000 0"), "without the property it gains the file's owner");
    }
}
