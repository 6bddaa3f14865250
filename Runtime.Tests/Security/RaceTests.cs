using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Folders that turn into links to the host and back while containers are made on them.</summary>
[NonParallelizable]
public sealed class RaceTests : KernelTest
{
    private const int Rounds = 100;

    // A volume that a running container shares; in it a folder and a link take each other's place without end.
    private void Race(string label, Func<TestBundle, string, TestBundle> change, string target = "", bool volumeHasDev = false)
    {
        Canary canary = new(Box.Folder + "/canary");
        string volume = Directory.CreateDirectory(Box.Folder + "/volume").FullName;
        Directory.CreateDirectory(volume + "/dir");
        if (volumeHasDev)
            foreach (string below in new[] { "pts", "shm", "mqueue" })
                Directory.CreateDirectory($"{volume}/dir/{below}");
        File.CreateSymbolicLink(volume + "/link", canary.Folder + target);
        int made = 0, refused = 0;
        using (Exchanger attacker = new(volume + "/dir", volume + "/link"))
        {
            TestBundle bundle = change(Bundle().WithArgs("true").WithMount("/vol", "bind", volume, "rbind"), volume);
            for (int round = 0; round < Rounds; round++)
            {
                Outcome run = Run(bundle);
                if (run.ExitCode == 0)
                    made++;
                else
                    refused++;
                Assert.That(run.Error, Does.Not.Contain("internal error"), run.ToString());
            }
            Assert.That(attacker.IsRunning, "the attacker ended");
        }
        canary.IsUntouched();
        AssertNothingLeft();
        TestContext.Out.WriteLine($"{label}: {made} made, {refused} refused");
    }

    private TestBundle WithVolumePlace(TestBundle bundle)
    {
        // /vol must be there: the shared root has no such folder.
        bundle.WithOwnRootfs();
        return bundle;
    }

    [Test]
    public void CVE_2021_30465_MountTargetInASharedVolume() =>
        Race("bind", (b, _) => WithVolumePlace(b).WithMount("/vol/dir", "bind", Box.Folder + "/volume/../", "bind", "ro"));

    [Test]
    public void CVE_2024_45310_MissingTargetBelowARacingParent() =>
        Race("mkdir", (b, _) => WithVolumePlace(b).WithMount("/vol/dir/made/deep", "tmpfs", "tmpfs"));

    [Test]
    public void CVE_2025_52565_and_31133_RacingDev() =>
        Race("dev", (b, volume) => WithVolumePlace(b).WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue")
            .WithMount("/vol/dir", "tmpfs", "tmpfs").Set("linux.maskedPaths", TestBundle.Texts("/vol/dir", "/vol/link")), volumeHasDev: true);

    [Test]
    public void CVE_2025_52881_RacingProc() => Race("proc", (b, _) => WithVolumePlace(b).WithMount("/vol/dir", "proc", "proc").Set("linux.sysctl", new System.Text.Json.Nodes.JsonObject { ["net.ipv4.ip_unprivileged_port_start"] = "1" }));

    [Test]
    public void CVE_2026_55686_RacingWorkingFolder() => Race("cwd", (b, _) => WithVolumePlace(b).Set("process.cwd", "/vol/dir/made"));
}
