using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static LinuxBlockIO? BlockIO(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        ushort? weight = null, leafWeight = null;
        IReadOnlyList<LinuxWeightDevice> weightDevice = [];
        IReadOnlyList<LinuxThrottleDevice> readBps = [], writeBps = [], readIops = [], writeIops = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "weight": weight = json.UInt16(); break;
                case "leafWeight": leafWeight = json.UInt16(); break;
                case "weightDevice": weightDevice = json.List(WeightDevice); break;
                case "throttleReadBpsDevice": readBps = json.List(ThrottleDevice); break;
                case "throttleWriteBpsDevice": writeBps = json.List(ThrottleDevice); break;
                case "throttleReadIOPSDevice": readIops = json.List(ThrottleDevice); break;
                case "throttleWriteIOPSDevice": writeIops = json.List(ThrottleDevice); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxBlockIO
        {
            Weight = weight,
            LeafWeight = leafWeight,
            WeightDevice = weightDevice,
            ThrottleReadBpsDevice = readBps,
            ThrottleWriteBpsDevice = writeBps,
            ThrottleReadIopsDevice = readIops,
            ThrottleWriteIopsDevice = writeIops,
            Extensions = others,
        };
    }

    private static LinuxWeightDevice? WeightDevice(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? major = null, minor = null;
        ushort? weight = null, leafWeight = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "major": major = json.Int64(); break;
                case "minor": minor = json.Int64(); break;
                case "weight": weight = json.UInt16(); break;
                case "leafWeight": leafWeight = json.UInt16(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxWeightDevice(json.Required(major, "major"), json.Required(minor, "minor"), weight, leafWeight)
        {
            Extensions = others,
        };
    }

    private static LinuxThrottleDevice? ThrottleDevice(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? major = null, minor = null;
        ulong? rate = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "major": major = json.Int64(); break;
                case "minor": minor = json.Int64(); break;
                case "rate": rate = json.UInt64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxThrottleDevice(json.Required(major, "major"), json.Required(minor, "minor"), rate ?? 0) { Extensions = others };
    }

    private static LinuxHugepageLimit? HugepageLimit(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? pageSize = null;
        ulong? limit = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "pageSize": pageSize = PageSize(json); break;
                case "limit": limit = json.UInt64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxHugepageLimit(json.Required(pageSize, "pageSize"), json.Required(limit, "limit")) { Extensions = others };
    }

    private static string? PageSize(JsonMapReader json) => json.Text(IsPageSize, "a page size (64KB, 2MB, 1GB)");

    private static bool IsPageSize(string text) =>
        text is [>= '1' and <= '9', .. string digits, 'K' or 'M' or 'G', 'B'] && !digits.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static LinuxNetwork? Network(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        uint? classID = null;
        IReadOnlyList<LinuxInterfacePriority> priorities = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "classID": classID = json.UInt32(); break;
                case "priorities": priorities = json.List(InterfacePriority); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxNetwork { ClassID = classID, Priorities = priorities, Extensions = others };
    }

    private static LinuxInterfacePriority? InterfacePriority(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? interfaceName = null;
        uint? priority = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "name": interfaceName = json.NonEmptyText(); break;
                case "priority": priority = json.UInt32(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxInterfacePriority(json.Required(interfaceName, "name"), json.Required(priority, "priority"))
        {
            Extensions = others,
        };
    }

    private static LinuxRdma? Rdma(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        uint? hcaHandles = null, hcaObjects = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "hcaHandles": hcaHandles = json.UInt32(); break;
                case "hcaObjects": hcaObjects = json.UInt32(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxRdma(hcaHandles, hcaObjects) { Extensions = others };
    }
}
