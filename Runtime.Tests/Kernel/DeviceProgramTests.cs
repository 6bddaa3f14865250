using System.Diagnostics;
using NUnit.Framework;
using Vessel.Core.Cgroups;
using Vessel.Oci.Runtime;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Device rules on cgroup v2, where the kernel asks a program: it is verified, attached and obeyed, on a hybrid host's v2 hierarchy too.</summary>
public sealed class DeviceProgramTests : KernelTest
{
    private static LinuxDeviceCgroup Rule(bool allow, string type, long? major, long? minor, string access) =>
        new() { Allow = allow, Type = type, Major = major, Minor = minor, Access = access };

    private static LinuxDeviceCgroup[] DenyAll => [Rule(false, "a", null, null, "rwm")];

    [Test]
    public void NothingSaid_AllowsTheUsualDevicesOnly()
    {
        string seen = Open([], "/dev/null r", "/dev/zero r", "/dev/urandom r", "/dev/kmsg r", "/dev/null w", "/dev/kmsg w");
        Assert.That(seen, Is.EqualTo("yes yes yes no yes no"));
    }

    [Test]
    public void AllAllowed_LeavesExceptions()
    {
        LinuxDeviceCgroup[] rules = [Rule(true, "a", null, null, "rwm"), Rule(false, "c", 1, 5, "r")];
        Assert.That(Open(rules, "/dev/kmsg r", "/dev/zero r", "/dev/zero w"), Is.EqualTo("yes no yes"));
    }

    [Test]
    public void TheLastRuleDecides()
    {
        LinuxDeviceCgroup[] allowedLast = [.. DenyAll, Rule(false, "c", 1, 11, "rwm"), Rule(true, "c", 1, 11, "r")];
        Assert.That(Open(allowedLast, "/dev/kmsg r", "/dev/kmsg w"), Is.EqualTo("yes no"));
        LinuxDeviceCgroup[] deniedLast = [.. DenyAll, Rule(true, "c", 1, null, "r"), Rule(false, "c", 1, 11, "r")];
        Assert.That(Open(deniedLast, "/dev/kmsg r", "/dev/null r"), Is.EqualTo("no yes"));
    }

    [Test]
    public void ARuleOfOneType_SaysNothingOfTheOther() =>
        Assert.That(Open([.. DenyAll, Rule(true, "b", 1, 11, "rwm")], "/dev/kmsg r"), Is.EqualTo("no"));

    // A process of the host enters a v2 cgroup with the program, and tries.
    private string Open(LinuxDeviceCgroup[] rules, params string[] attempts)
    {
        string? root = Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : File.Exists("/sys/fs/cgroup/cgroup.procs") ? "/sys/fs/cgroup" : null;
        Require.That(root is not null, "needs a cgroup v2 hierarchy");
        string cgroup = Directory.CreateDirectory($"{root}/{Box.Name}d").FullName;
        try
        {
            CgroupExecutor.LimitDevices(cgroup, DeviceRules.From(rules));
            string script = $"echo $$ > {cgroup}/cgroup.procs; " + string.Join("; ", attempts.Select(Attempt));
            using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
            string output = shell.StandardOutput.ReadToEnd();
            shell.WaitForExit();
            return output.Trim();
        }
        finally
        {
            Sandbox.RemoveCgroup(cgroup);
        }
    }

    private static string Attempt(string attempt)
    {
        string[] parts = attempt.Split(' ');
        return $"if (: {(parts[1] == "r" ? "<" : ">>")}{parts[0]}) 2>/dev/null; then echo -n 'yes '; else echo -n 'no '; fi";
    }
}
