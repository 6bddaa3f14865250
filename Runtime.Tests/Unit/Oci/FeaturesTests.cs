using System.Text.Json;
using NUnit.Framework;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

public sealed class FeaturesTests
{
    internal static readonly Features Full = new()
    {
        OciVersionMin = "1.0.0",
        OciVersionMax = "1.3.0",
        Hooks = SpecWords.HookNames,
        MountOptions = ["ro"],
        PotentiallyUnsafeConfigAnnotations = [],
        Annotations = new Dictionary<string, string> { ["k"] = "v" },
        Linux = new FeaturesLinux
        {
            Namespaces = ["pid"],
            Capabilities = ["CAP_KILL"],
            Cgroup = new FeaturesCgroup { V1 = true, V2 = true, Systemd = true, SystemdUser = false, Rdma = true },
            Seccomp = new FeaturesSeccomp { Enabled = true, Actions = ["A"], Operators = ["O"], Archs = ["R"], KnownFlags = ["F"], SupportedFlags = [] },
            Apparmor = true,
            Selinux = false,
            IntelRdt = new FeaturesIntelRdt { Enabled = true, Schemata = true, Monitoring = false },
            MemoryPolicy = new FeaturesMemoryPolicy { Modes = ["MPOL_BIND"], Flags = [] },
            IdmapMounts = true,
            NetDevices = true,
        },
    };

    [Test]
    public void Write_EveryMember_HasTheSpecificationsShape()
    {
        Assert.That(Write(Full), Is.EqualTo(Unwrapped("""
            {"ociVersionMin":"1.0.0","ociVersionMax":"1.3.0",
            "hooks":["prestart","createRuntime","createContainer","startContainer","poststart","poststop"],"mountOptions":["ro"],
            "linux":{"namespaces":["pid"],"capabilities":["CAP_KILL"],
            "cgroup":{"v1":true,"v2":true,"systemd":true,"systemdUser":false,"rdma":true},
            "seccomp":{"enabled":true,"actions":["A"],"operators":["O"],"archs":["R"],"knownFlags":["F"],"supportedFlags":[]},
            "apparmor":{"enabled":true},"selinux":{"enabled":false},
            "intelRdt":{"enabled":true,"schemata":true,"monitoring":false},"memoryPolicy":{"modes":["MPOL_BIND"],"flags":[]},
            "mountExtensions":{"idmap":{"enabled":true}},"netDevices":{"enabled":true}},
            "annotations":{"k":"v"},"potentiallyUnsafeConfigAnnotations":[]}
            """)));
    }

    [Test]
    public void Write_Unknown_IsLeftOut()
    {
        Features features = new() { OciVersionMin = "1.0.0", OciVersionMax = "1.3.0", Linux = new FeaturesLinux() };

        Assert.That(Write(features), Is.EqualTo("""{"ociVersionMin":"1.0.0","ociVersionMax":"1.3.0","linux":{}}"""));
    }

    private static string Unwrapped(string text) => text.Replace("\n", "", StringComparison.Ordinal);

    internal static string Write(Features features)
    {
        using StringWriter output = new();
        FeaturesWriter.Write(features, output);
        using JsonDocument valid = JsonDocument.Parse(output.ToString());
        return output.ToString();
    }
}
