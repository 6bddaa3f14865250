using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>Writes <c>config.json</c> as Go writes the specification's own types: in its order, and nothing that says nothing.</summary>
public static partial class SpecWriter
{
    public static void Write(Spec spec, TextWriter output, bool indented = false) => JsonMapWriter.Write(output, indented, spec, Spec);

    /// <summary>Writes a process as <c>exec --process</c> reads it.</summary>
    public static void WriteProcess(SpecProcess process, TextWriter output, bool indented = false) =>
        JsonMapWriter.Write(output, indented, process, Process);

    /// <summary>Writes resources as <c>update --resources</c> reads them.</summary>
    public static void WriteResources(LinuxResources resources, TextWriter output, bool indented = false) =>
        JsonMapWriter.Write(output, indented, resources, Resources);

    /// <summary>The members of a whole specification, for documents that hold one.</summary>
    public static void Spec(JsonMapWriter json, Spec spec)
    {
        json.Always("ociVersion", spec.OciVersion);
        json.Object("process", spec.Process, Process);
        json.Object("root", spec.Root, Root);
        json.Member("hostname", spec.Hostname);
        json.Member("domainname", spec.Domainname);
        json.List("mounts", spec.Mounts, Mount);
        json.Object("hooks", spec.Hooks, Hooks);
        json.Map("annotations", spec.Annotations);
        json.Object("linux", spec.Linux, Linux);
        json.Raw("solaris", spec.Solaris);
        json.Raw("windows", spec.Windows);
        json.Raw("vm", spec.Vm);
        json.Raw("zos", spec.Zos);
        json.Raw("freebsd", spec.Freebsd);
    }

    private static void Root(JsonMapWriter json, SpecRoot root)
    {
        json.Always("path", root.Path);
        json.Flag("readonly", root.Readonly);
    }

    private static void Mount(JsonMapWriter json, SpecMount mount)
    {
        json.Always("destination", mount.Destination);
        json.Member("type", mount.Type);
        json.Member("source", mount.Source);
        json.List("options", mount.Options);
        json.List("uidMappings", mount.UidMappings, IdMapping);
        json.List("gidMappings", mount.GidMappings, IdMapping);
    }

    private static void Hooks(JsonMapWriter json, SpecHooks hooks)
    {
        json.List("prestart", hooks.Prestart, Hook);
        json.List("createRuntime", hooks.CreateRuntime, Hook);
        json.List("createContainer", hooks.CreateContainer, Hook);
        json.List("startContainer", hooks.StartContainer, Hook);
        json.List("poststart", hooks.Poststart, Hook);
        json.List("poststop", hooks.Poststop, Hook);
    }

    private static void Hook(JsonMapWriter json, SpecHook hook)
    {
        json.Always("path", hook.Path);
        json.List("args", hook.Args);
        json.AlwaysList("env", hook.Env);
        json.Member("timeout", hook.Timeout);
    }
}
