using System.Text.Json;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers that left the cgroup that they were given, or whose first process has ended: exec, ps and kill
/// -a still find them.</summary>
[Category("Host")]
public sealed class LeftCgroupTests : CgroupTest
{
    private string Elsewhere => $"/{Box.Name}elsewhere";

    private static string[] Hierarchies => [.. Host.CgroupHierarchies()];

    // As a privileged container, or the host, may do: everything in another cgroup, and the container's own removed.
    private void MoveElsewhere(TestBundle bundle, int pid, params string[] hierarchies)
    {
        foreach (string hierarchy in hierarchies)
        {
            string folder = Directory.CreateDirectory(hierarchy + Elsewhere).FullName;
            foreach (string file in new[] { "cpuset.cpus", "cpuset.mems" })
                if (!Host.IsUnified && File.Exists($"{folder}/{file}"))
                    File.WriteAllText($"{folder}/{file}", File.ReadAllText($"{hierarchy}/{file}"));
            if (File.Exists($"{hierarchy}/{bundle.Id}/cgroup.procs"))
                foreach (string member in File.ReadAllLines($"{hierarchy}/{bundle.Id}/cgroup.procs"))
                    File.WriteAllText(folder + "/cgroup.procs", member);
            Assert.That(Host.Eventually(() => !Directory.Exists($"{hierarchy}/{bundle.Id}") || TryDelete($"{hierarchy}/{bundle.Id}")));
        }
        Assert.That(Host.IsAlive(pid));
    }

    private static bool TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void RemoveElsewhere()
    {
        foreach (string hierarchy in Hierarchies)
            Sandbox.RemoveCgroup(hierarchy + Elsewhere);
    }

    private int[] Ps(string id)
    {
        using JsonDocument document = JsonDocument.Parse(Call("ps", "-f", "json", id).Succeeded().Output);
        return [.. document.RootElement.EnumerateArray().Select(e => e.GetInt32())];
    }

    // A container without a pid namespace whose first process has ended and whose second has not.
    private int StartAndEndInit(TestBundle bundle)
    {
        bundle.WithShell("sleep 1000 & echo $! > /out/pid; while [ ! -e /out/end ]; do sleep 0.02; done").WithoutNamespace("pid").WithMount("/out", "bind", Box.Folder, "bind");
        int init = Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/pid") && File.ReadAllText(Box.Folder + "/pid").Length > 1));
        File.WriteAllText(Box.Folder + "/end", "");
        Assert.That(Host.Eventually(() => !Host.IsAlive(init)));
        return int.Parse(File.ReadAllText(Box.Folder + "/pid"));
    }

    [Test]
    public void Exec_JoinsTheCgroupThatInitIsInNow()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        MoveElsewhere(bundle, pid, Hierarchies);
        string file = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", file, bundle.Id, "sleep", "1000").Succeeded();
        Assert.That(Host.CgroupsOf(int.Parse(File.ReadAllText(file))), Is.EqualTo(Host.CgroupsOf(pid)).And.Not.Empty);
        Assert.That(Ps(bundle.Id), Does.Contain(pid));
        Delete(bundle.Id);
        RemoveElsewhere();
    }

    [Test]
    public void Ps_AndKillAll_FindWhatOutlivedInit()
    {
        TestBundle bundle = Bundle();
        int second = StartAndEndInit(bundle);
        Assert.That(Ps(bundle.Id), Is.EqualTo(new[] { second }));
        Call("kill", "-a", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(second)));
        Delete(bundle.Id);
    }

    [Test, Category("CgroupV1")]
    public void Ps_AndKillAll_WithoutTheFreezersFolder_FindTheProcesses()
    {
        TestBundle bundle = Bundle();
        int second = StartAndEndInit(bundle);
        MoveElsewhere(bundle, second, Require.CgroupV1("freezer"));
        Assert.That(Ps(bundle.Id), Is.EqualTo(new[] { second }));
        Call("kill", "-a", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(second)));
        Delete(bundle.Id);
        RemoveElsewhere();
    }
}
