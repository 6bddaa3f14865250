using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>The runtime may be killed between any two steps: <c>delete -f</c> then finds and removes whatever was made. Each system call that it makes is such a step.</summary>
public sealed class KillAtEveryStepTests : KernelTest
{
    // Of the language runtime's start: no step of ours.
    private static readonly string[] NoSteps =
    [
        "execve", "exit_group", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "brk", "mprotect", "mmap", "munmap", "madvise", "rt_sigaction",
    ];

    private string[] global = [];

    [Test]
    public void Create() => KillEverywhere(["create"], createFirst: false);

    [Test]
    public void Run() => KillEverywhere(["run"], createFirst: false);

    [Test]
    public void Start() => KillEverywhere(["start"], createFirst: true);

    [Test]
    public void Delete() => KillEverywhere(["delete", "-f"], createFirst: true);

    [Test, Category("Systemd")]
    public void CreateInAScope() => KillEverywhere(["create"], createFirst: false, inScope: true);

    [Test, Category("Systemd")]
    public void DeleteInAScope() => KillEverywhere(["delete", "-f"], createFirst: true, inScope: true);

    [Test]
    public void CreateOfAnOrdinaryUser() => KillEverywhere(["create"], createFirst: false, user: OrdinaryUser.Nameless);

    [Test]
    public void RunOfAnOrdinaryUser() => KillEverywhere(["run"], createFirst: false, user: OrdinaryUser.Nameless);

    [Test]
    public void DeleteOfAnOrdinaryUser() => KillEverywhere(["delete", "-f"], createFirst: true, user: OrdinaryUser.Nameless);

    [Test, Category("Vm")]
    public void CreateWithRangesOfIds()
    {
        Require.That(File.Exists("/etc/subuid") && File.ReadAllText("/etc/subuid").Contains("tester:"), "needs the user tester with ranges: a virtual machine of build/vm");
        KillEverywhere(["create"], createFirst: false, user: OrdinaryUser.Tester);
    }

    private void KillEverywhere(string[] command, bool createFirst, bool inScope = false, OrdinaryUser? user = null)
    {
        if (user is not null)
            Box.ActAs(user);
        string strace = Require.Program("strace", "strace");
        TestBundle bundle = Bundle().WithArgs("/bin/true");
        if (inScope)
            bundle.Set("linux.cgroupsPath", $"system.slice:vt:{bundle.Id}");
        if (user is not null)
            bundle.ForUser(user);
        if (user == OrdinaryUser.Tester)
            bundle.WithRanges(user);
        bundle.Save();
        global = inScope ? ["--systemd-cgroup"] : [];
        string[] arguments = command[0] is "create" or "run" ? [.. command, "-b", bundle.Folder, bundle.Id] : [.. command, bundle.Id];

        string trace = $"{Box.Folder}/trace";
        Prepare(bundle, createFirst);
        Trace(strace, ["-qq", "-o", trace], arguments).Wait();
        Delete(bundle.Id);
        List<IGrouping<string, string>> calls = File.ReadLines(trace)
            .Select(line => line.Split('(')[0]).Where(name => name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !NoSteps.Contains(name))
            .GroupBy(name => name).ToList();
        Assert.That(calls.Sum(c => c.Count()), Is.GreaterThan(20), "strace saw the calls");

        foreach (IGrouping<string, string> call in calls)
            for (int occurrence = 1; occurrence <= call.Count(); occurrence++)
            {
                Prepare(bundle, createFirst);
                Trace(strace, ["-qq", "-o", "/dev/null", "-e", $"inject={call.Key}:signal=SIGKILL:when={occurrence}"], arguments).Wait();
                Outcome deleted = Call("delete", "-f", bundle.Id);
                IReadOnlyList<string> left = [];
                bool clean = deleted.ExitCode == 0 && Host.Eventually(() => (left = [.. Box.Left(), .. Scopes(bundle)]).Count == 0, 5000);
                Assert.That(clean, Is.True, $"killed at {call.Key} {occurrence}: {deleted.Error} {string.Join("; ", left)}");
            }
    }

    private void Prepare(TestBundle bundle, bool create)
    {
        if (create)
            Call([.. global, "create", "-b", bundle.Folder, bundle.Id]).Succeeded();
    }

    // What a scope would be left of: its cgroup goes with the unit.
    private static IEnumerable<string> Scopes(TestBundle bundle) =>
        Host.CgroupHierarchies().Select(h => $"{h}/system.slice/vt-{bundle.Id}.scope").Where(Directory.Exists);

    private RunningProgram Trace(string strace, string[] options, string[] arguments) =>
        new Launch(strace, [.. options, Box.User is null ? RuntimeUnderTest.Path : OrdinaryUser.Runtime, "--root", Box.StateRoot, .. global, .. arguments]) { User = Box.User }.Start();
}
