using System.Globalization;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A property of a unit, with a value of the type that systemd wants for it (org.freedesktop.systemd1(5), "Properties").</summary>
public sealed class UnitProperty
{
    /// <summary>systemd's word for no limit, as a number.</summary>
    public const ulong Infinity = ulong.MaxValue;

    private readonly object value;

    private UnitProperty(string name, object value)
    {
        Name = name;
        this.value = value;
    }

    /// <summary>The name, as D-Bus has it: times end in <c>USec</c>.</summary>
    public string Name { get; }

    /// <summary>The type of the value.</summary>
    public string Signature => value switch
    {
        string => "s",
        bool => "b",
        ulong => "t",
        byte[] => "ay",
        uint[] => "au",
        DeviceAllow[] => "a(ss)",
        _ => throw Unknown(),
    };

    public static UnitProperty Text(string name, string value) => new(name, value);

    public static UnitProperty Flag(string name, bool value) => new(name, value);

    public static UnitProperty Number(string name, ulong value) => new(name, value);

    /// <summary>A set of numbers, one bit each, the lowest in the first byte.</summary>
    public static UnitProperty Mask(string name, byte[] value) => new(name, value);

    public static UnitProperty Processes(string name, IReadOnlyList<int> pids)
    {
        uint[] numbers = new uint[pids.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = (uint)pids[i];
        return new(name, numbers);
    }

    /// <summary>Device nodes and what may be done with them; an empty list empties what the unit has, others are added to it.</summary>
    public static UnitProperty Devices(string name, IReadOnlyList<DeviceAllow> devices) => new(name, (DeviceAllow[])[.. devices]);

    /// <summary>Writes it as <c>(sv)</c>.</summary>
    public void Write(DBusWriter writer)
    {
        writer.BeginStruct();
        writer.WriteString(Name);
        writer.WriteSignature(Signature);
        switch (value)
        {
            case string text:
                writer.WriteString(text);
                break;
            case bool flag:
                writer.WriteBoolean(flag);
                break;
            case ulong number:
                writer.WriteUInt64(number);
                break;
            case byte[] mask:
                DBusArray bytes = writer.BeginArray("y");
                writer.WriteRaw(mask);
                writer.EndArray(bytes);
                break;
            case uint[] numbers:
                DBusArray array = writer.BeginArray("u");
                foreach (uint number in numbers)
                    writer.WriteUInt32(number);
                writer.EndArray(array);
                break;
            case DeviceAllow[] devices:
                DBusArray list = writer.BeginArray("(ss)");
                foreach (DeviceAllow device in devices)
                {
                    writer.BeginStruct();
                    writer.WriteString(device.Node);
                    writer.WriteString(device.Access);
                }
                writer.EndArray(list);
                break;
            default:
                throw Unknown();
        }
    }

    /// <summary>As <c>explain</c> shows it: <c>MemoryMax=67108864</c>.</summary>
    public override string ToString() => Name + "=" + value switch
    {
        bool flag => flag ? "yes" : "no",
        ulong and Infinity => "infinity",
        ulong number => number.ToString(CultureInfo.InvariantCulture),
        byte[] mask => "0x" + Convert.ToHexStringLower(mask),
        uint[] numbers => string.Join(' ', numbers),
        DeviceAllow[] devices => string.Join(", ", (IEnumerable<DeviceAllow>)devices),
        _ => value.ToString(),
    };

    private RuntimeException Unknown() => new(ErrorKind.Internal, $"property {Name}: has a value of an unknown type");
}
