using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>What ours does beyond runc with systemd.</summary>
[Category("Systemd"), Category("Host")]
public sealed class SystemdSafetyTests : SystemdTest
{
    [Test]
    public void CVE_2024_3154_AnnotationsSetNoProperty()
    {
        TestBundle bundle = InScope(Sleeper()).Set("annotations", new JsonObject { ["org.systemd.property.Description"] = "'injected'", ["org.systemd.property.TasksMax"] = "uint64 7" });
        Outcome create = Systemd("create", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Assert.That(create.Error, Does.Contain("org.systemd.property.TasksMax").And.Contain("ignored"));
        Assert.That(Show(bundle, "Description"), Does.Not.Contain("injected"));
        Assert.That(Show(bundle, "TasksMax"), Is.Not.EqualTo("7"));
        Delete(bundle.Id);
    }

    [Test]
    public void AUnitThatIsThere_IsRefused_AndLivesOn()
    {
        TestBundle first = InScope(Sleeper()), second = Sleeper();
        second.Set("linux.cgroupsPath", $"system.slice:vt:{first.Id}");
        Systemd("create", "-b", first.Save().Folder, first.Id).Succeeded();
        int pid = Pid(first.Id);
        Systemd("create", "-b", second.Save().Folder, second.Id).FailedInOneLine(Unit(first));
        Assert.That(Host.IsAlive(pid));
        Assert.That(Status(first.Id), Is.EqualTo("created"));
        Assert.That(Show(first, "ActiveState"), Is.EqualTo("active"));
        Systemd("start", first.Id).Succeeded();
        Assert.That(Status(first.Id), Is.EqualTo("running"));
        Delete(first.Id);
        AssertNothingLeft();
    }

    [Test]
    public void ALimitThatIsRefused_LeavesNoScope()
    {
        TestBundle bundle = InScope(Limited("cpu.cpus", "\"4095\""));
        Systemd("create", "-b", bundle.Save().Folder, bundle.Id).FailedInOneLine("linux.resources.cpu.cpus");
        Assert.That(Host.Eventually(() => Show(bundle, "LoadState") == "not-found"));
        AssertNothingLeft();
    }
}
