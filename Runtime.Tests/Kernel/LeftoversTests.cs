using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The search for leftovers at the end of a test run reports what the run made, and nothing that other
/// programs made meanwhile.</summary>
[Category("Root")]
public sealed class LeftoversTests
{
    private const string Script = "build/leftovers";

    private string folder = "";
    private string host = "";

    [SetUp]
    public void PrepareRun()
    {
        Require.Path($"{Host.ProjectFolder}/{Script}", "a checkout");
        int box = TestRun.NextBox();
        // A host's name as another run would have it; its files are this test's own.
        host = $"vt99{Environment.ProcessId}{box:d3}";
        folder = Directory.CreateDirectory($"{TestRun.Folder}/l{box}").FullName;
        Directory.CreateDirectory(folder + "/tmp");
        File.WriteAllText(folder + "/hosts", host + "\n");
        File.WriteAllText(folder + "/before", Call("list").Succeeded().Output);
    }

    [TearDown]
    public void LeaveNothing()
    {
        if (folder.Length > 0)
            Directory.Delete(folder, recursive: true);
    }

    private Outcome Call(params string[] arguments)
    {
        Launch launch = new("/bin/bash", [$"{Host.ProjectFolder}/{Script}", .. arguments]);
        launch.Environment.AddRange(["CI=true", $"TMPDIR={folder}/tmp", $"VESSEL_TEST_HOSTS={folder}/hosts"]);
        return launch.Start().Wait();
    }

    private Outcome Check() => Call("check", folder + "/before");

    private static RunningProgram Sleep(string name) => new Launch("/bin/sh", "-c", "sleep 100; :", name).Start();

    [Test]
    public void ContainersOfOtherPrograms_AreNotCounted()
    {
        string[] cgroups = [.. Host.CgroupHierarchies().Select(h => $"{h}/{TestRun.Prefix}other{TestRun.NextBox()}")];
        foreach (string cgroup in cgroups)
            Directory.CreateDirectory(cgroup);
        string state = Directory.CreateDirectory($"/run/vrun/{TestRun.Prefix}other{TestRun.NextBox()}").FullName;
        try
        {
            // A longer number is another host; the checkout's own program may run in somebody's terminal.
            using RunningProgram other = Sleep($"/tmp/{host}7/x {Host.ProjectFolder}/out/bin/vrun");
            Check().Succeeded();
        }
        finally
        {
            Directory.Delete(state);
            foreach (string cgroup in cgroups)
                Directory.Delete(cgroup);
        }
    }

    [Test]
    public void ProcessOfTheRun_IsReported()
    {
        using RunningProgram left = Sleep($"/tmp/{host}/x");
        Check().Failed("left behind:", $"process {left.Pid}");
    }

    [Test]
    public void CgroupOfTheRun_IsReported()
    {
        string cgroup = $"{Host.CgroupHierarchies()[0]}/{host}n1a";
        Directory.CreateDirectory(cgroup);
        try
        {
            Check().Failed("left behind:", $"cgroup {cgroup}");
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    [Test]
    public void FileInTheRunsFolder_IsReported()
    {
        File.WriteAllText(folder + "/tmp/left", "");
        Check().Failed("left behind:", $"file {folder}/tmp/left");
    }
}
