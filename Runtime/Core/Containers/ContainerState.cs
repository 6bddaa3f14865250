using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>A container as it is now.</summary>
/// <param name="Record">What does not change.</param>
/// <param name="Status">Its state.</param>
/// <param name="Pid">Its first process, 0 where it is gone.</param>
/// <param name="Owner">The user whose state folder it is.</param>
public sealed record ContainerState(ContainerRecord Record, ContainerStatus Status, int Pid, string Owner = "")
{
    /// <summary>The word of the specification: <c>running</c>.</summary>
    public string StatusText => Status.ToString().ToLowerInvariant();

    /// <summary>The specification's state document, as hooks get it.</summary>
    public State ToOci(string? status = null) => new()
    {
        OciVersion = Record.OciVersion,
        Id = Record.Id,
        Status = status ?? StatusText,
        Pid = Pid,
        Bundle = Record.Bundle,
        Annotations = Record.Annotations,
    };

    /// <summary>The document that <c>state</c> and <c>list</c> print: runc's members, in its order.</summary>
    public void Write(JsonMapWriter json)
    {
        json.Always("ociVersion", Record.OciVersion);
        json.Always("id", Record.Id);
        json.Always("pid", (long)Pid);
        json.Always("status", StatusText);
        json.Always("bundle", Record.Bundle);
        json.Always("rootfs", Record.Rootfs);
        json.Always("created", Record.Created);
        json.Map("annotations", Record.Annotations);
        json.Always("owner", Owner);
    }
}
