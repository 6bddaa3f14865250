using System.Globalization;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Core.Cgroups;

/// <summary>How long processes waited for a resource (kernel: Documentation/accounting/psi.rst): some of them, and all of them at once.</summary>
internal sealed record Pressure(Pressure.Share? Some, Pressure.Share? Full)
{
    /// <summary>Reads a <c>*.pressure</c> file; null where the kernel has none.</summary>
    public static Pressure? Read(string? file)
    {
        // A kernel that has the file and counts nothing answers EOPNOTSUPP.
        if (file is null || Files.TryReadText(null, file) is not { Length: > 0 } text)
            return null;
        string[] lines = text.Split('\n');
        return new Pressure(Share.Find(lines, "some "), Share.Find(lines, "full "));
    }

    /// <summary>Writes it as runc does.</summary>
    public void Write(JsonMapWriter json)
    {
        json.Object("some", Some, static (share, s) => s.Write(share));
        json.Object("full", Full, static (share, s) => s.Write(share));
    }

    /// <summary>Percentages over 10, 60 and 300 seconds, and the total in microseconds.</summary>
    internal sealed record Share(double Average10, double Average60, double Average300, ulong TotalMicroseconds)
    {
        public static Share? Find(string[] lines, string kind)
        {
            if (Array.Find(lines, l => l.StartsWith(kind, StringComparison.Ordinal)) is not { } line)
                return null;
            string Value(string name) => line.Split(' ').FirstOrDefault(w => w.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";
            double Number(string name) => double.TryParse(Value(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : 0;
            return new Share(Number("avg10="), Number("avg60="), Number("avg300="), ulong.TryParse(Value("total="), out ulong total) ? total : 0);
        }

        public void Write(JsonMapWriter json)
        {
            json.Raw("avg10", Average10.ToString(CultureInfo.InvariantCulture));
            json.Raw("avg60", Average60.ToString(CultureInfo.InvariantCulture));
            json.Raw("avg300", Average300.ToString(CultureInfo.InvariantCulture));
            json.Always("total", TotalMicroseconds);
        }
    }
}
