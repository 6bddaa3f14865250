using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static LinuxDevice? Device(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? path = null, type = null;
        long? major = null, minor = null;
        uint? fileMode = null, uid = null, gid = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "path": path = json.NonEmptyText(); break;
                case "type": type = json.OneOf(SpecWords.DeviceTypes, "a device type"); break;
                case "major": major = json.Int64(); break;
                case "minor": minor = json.Int64(); break;
                case "fileMode": fileMode = json.UInt32(); break;
                case "uid": uid = json.UInt32(); break;
                case "gid": gid = json.UInt32(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxDevice
        {
            Path = json.Required(path, "path"),
            Type = json.Required(type, "type"),
            Major = major ?? 0,
            Minor = minor ?? 0,
            FileMode = fileMode,
            Uid = uid,
            Gid = gid,
            Extensions = others,
        };
    }

    private static LinuxNetDevice? NetDevice(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? deviceName = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "name": deviceName = json.Text(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxNetDevice { Name = deviceName, Extensions = others };
    }

    private static LinuxDeviceCgroup? DeviceCgroup(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        bool? allow = null;
        string? type = null, access = null;
        long? major = null, minor = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "allow": allow = json.Boolean(); break;
                case "type": type = json.IsEmptyText ? null : json.OneOf(SpecWords.DeviceCgroupTypes, "a device type"); break;
                case "major": major = json.Int64(); break;
                case "minor": minor = json.Int64(); break;
                case "access": access = Access(json); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxDeviceCgroup
        {
            Allow = json.Required(allow, "allow"),
            Type = type ?? "a",
            Major = major,
            Minor = minor,
            Access = access,
            Extensions = others,
        };
    }

    private static string? Access(JsonMapReader json) =>
        json.Text(static text => !text.AsSpan().ContainsAnyExcept('r', 'w', 'm'), "made of r, w and m");
}
