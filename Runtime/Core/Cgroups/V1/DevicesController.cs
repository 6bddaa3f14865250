using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>devices: a list of what is allowed, or forbidden.</summary>
internal static class DevicesController
{
    public static void Write(LegacyControllers controllers, IReadOnlyList<LinuxDeviceCgroup> devices)
    {
        // Without the controller nothing can be limited: an error where the bundle asks for it, else the host's choice.
        if (controllers.Find("devices") is null && devices.Count == 0)
            return;
        DeviceRules rules = DeviceRules.From(devices);
        controllers.Add("devices", rules.AllowByDefault ? "devices.allow" : "devices.deny", "a", "devices");
        foreach (DeviceRule rule in rules.Exceptions)
            controllers.Add("devices", rule.Allow ? "devices.allow" : "devices.deny", rule.ToString(), "devices");
    }
}
