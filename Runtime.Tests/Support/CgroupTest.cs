using System.Text;
using System.Text.Json.Nodes;

namespace Vessel.Tests.Support;

/// <summary>A test of containers' limits.</summary>
public abstract class CgroupTest : KernelTest
{
    private protected const long Mega = 1 << 20;

    /// <summary>A container with one property under <c>linux.resources</c>.</summary>
    private protected TestBundle Limited(string property, string json) => Sleeper().Set("linux.resources." + property, JsonNode.Parse(json));

    /// <summary>Updates from standard input.</summary>
    private protected Outcome UpdateFrom(string id, string resources)
    {
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "update", "-r", "-", id);
        return new Launch(launch.Path, [.. launch.Arguments]) { Filter = launch.Filter, Input = Encoding.UTF8.GetBytes(resources) }.Start().Wait();
    }

    /// <summary>A disk of the host, as the kernel numbers it.</summary>
    private protected static string Disk()
    {
        Require.Path("/sys/block", "sysfs");
        string? disk = Directory.GetDirectories("/sys/block").FirstOrDefault(d => File.Exists(d + "/dev") && File.ReadAllText(d + "/size").Trim() != "0");
        Require.That(disk is not null, "needs a disk");
        return File.ReadAllText(disk + "/dev").Trim();
    }
}
