using Vessel.Oci.Json;

namespace Vessel.Core.Cgroups;

/// <summary>Huge pages of one size that a container uses, in bytes.</summary>
internal sealed record HugePageUsage(ulong Usage, ulong? Peak, ulong Failures)
{
    /// <summary>Writes it as runc does.</summary>
    public void Write(JsonMapWriter json)
    {
        json.Always("usage", Usage);
        json.Member("max", Peak);
        json.Always("failcnt", Failures);
    }
}
