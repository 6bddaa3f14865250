namespace Vessel.Tests.Support;

/// <summary>A test whose containers are scopes of systemd, in <c>system.slice</c>.</summary>
public abstract class SystemdTest : CgroupTest
{
    /// <summary>The container's unit.</summary>
    private protected static string Unit(TestBundle bundle) => $"vt-{bundle.Id}.scope";

    /// <summary>A property of the container's unit, as systemd has it.</summary>
    private protected static string Show(TestBundle bundle, string property) =>
        new Launch(Require.Program("systemctl", "systemd"), "show", "-p", property, "--value", Unit(bundle)).Start().Wait().Succeeded().Text;

    /// <summary>Names the unit in the bundle.</summary>
    private protected static TestBundle InScope(TestBundle bundle) => bundle.Set("linux.cgroupsPath", $"system.slice:vt:{bundle.Id}");

    /// <summary>Calls the runtime with <c>--systemd-cgroup</c>.</summary>
    private protected Outcome Systemd(params string[] arguments) => RuntimeUnderTest.Command(Box.StateRoot, ["--systemd-cgroup", .. arguments]).Start().Wait();
}
