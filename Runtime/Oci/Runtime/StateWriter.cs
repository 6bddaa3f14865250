using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>Writes the state document.</summary>
public static class StateWriter
{
    public static void Write(State state, TextWriter output, bool indented = false) =>
        JsonMapWriter.Write(output, indented, state, static (json, state) =>
        {
            json.Always("ociVersion", state.OciVersion);
            json.Always("id", state.Id);
            json.Always("status", state.Status);
            json.Member("pid", state.Pid == 0 ? null : state.Pid);
            json.Always("bundle", state.Bundle);
            json.Map("annotations", state.Annotations);
        });
}
