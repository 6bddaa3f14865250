using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>
/// Reads <c>config.json</c>, and the parts of it that commands are given as files of their own. What a single member may say is checked
/// here; what members say together, and whether this host can do it, is for the runtime.
/// </summary>
public static partial class SpecReader
{
    /// <summary>Reads a config.json.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="documentName">What the document is called in errors.</param>
    /// <param name="unknown">Receives the path of each member that the specification does not have: <c>process.argz</c>.</param>
    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static Spec Read(ReadOnlyMemory<byte> utf8, string documentName = "config.json", ICollection<string>? unknown = null) =>
        JsonMapReader.Read(utf8, documentName, Spec, SpecNames.All, unknown: unknown);

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, string, ICollection{string})"/>
    public static Spec Read(Stream utf8, string documentName = "config.json") =>
        JsonMapReader.Read(utf8, documentName, Spec, SpecNames.All);

    /// <summary>Reads a process as <c>exec --process</c> is given it.</summary>
    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static SpecProcess ReadProcess(ReadOnlyMemory<byte> utf8, string documentName = "process.json", ICollection<string>? unknown = null) =>
        JsonMapReader.Read(utf8, documentName, Process, SpecNames.All, unknown: unknown);

    /// <inheritdoc cref="ReadProcess(ReadOnlyMemory{byte}, string, ICollection{string})"/>
    public static SpecProcess ReadProcess(Stream utf8, string documentName = "process.json") =>
        JsonMapReader.Read(utf8, documentName, Process, SpecNames.All);

    /// <summary>Reads resources as <c>update --resources</c> is given them.</summary>
    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static LinuxResources ReadResources(ReadOnlyMemory<byte> utf8, string documentName = "resources.json", ICollection<string>? unknown = null) =>
        JsonMapReader.Read(utf8, documentName, Resources, SpecNames.All, unknown: unknown);

    /// <inheritdoc cref="ReadResources(ReadOnlyMemory{byte}, string, ICollection{string})"/>
    public static LinuxResources ReadResources(Stream utf8, string documentName = "resources.json") =>
        JsonMapReader.Read(utf8, documentName, Resources, SpecNames.All);

    /// <summary>The mapping of a whole specification, for documents that hold one.</summary>
    public static Spec? Spec(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? ociVersion = null, hostname = null, domainname = null;
        string? solaris = null, windows = null, vm = null, zos = null, freebsd = null;
        SpecProcess? process = null;
        SpecRoot? root = null;
        IReadOnlyList<SpecMount> mounts = [];
        SpecHooks? hooks = null;
        IReadOnlyDictionary<string, string> annotations = EmptyMap.Of<string>();
        SpecLinux? linux = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "ociVersion": ociVersion = json.Text(OciVersion.IsSupported, "a version that can be read (1.x.y)"); break;
                case "process": process = Process(json); break;
                case "root": root = Root(json); break;
                case "hostname": hostname = json.Text(); break;
                case "domainname": domainname = json.Text(); break;
                case "mounts": mounts = json.List(Mount); break;
                case "hooks": hooks = Hooks(json); break;
                case "annotations": annotations = json.AnyTextMap(); break;
                case "linux": linux = Linux(json); break;
                case "solaris": solaris = json.RawText(); break;
                case "windows": windows = json.RawText(); break;
                case "vm": vm = json.RawText(); break;
                case "zos": zos = json.RawText(); break;
                case "freebsd": freebsd = json.RawText(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new Spec
        {
            OciVersion = json.Required(ociVersion, "ociVersion"),
            Process = process,
            Root = root,
            Hostname = hostname,
            Domainname = domainname,
            Mounts = mounts,
            Hooks = hooks,
            Annotations = annotations,
            Linux = linux,
            Solaris = solaris,
            Windows = windows,
            Vm = vm,
            Zos = zos,
            Freebsd = freebsd,
            Extensions = others,
        };
    }

    private static SpecRoot? Root(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? path = null;
        bool isReadonly = false;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "path": path = json.NonEmptyText(); break;
                case "readonly": isReadonly = json.Boolean() ?? false; break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecRoot { Path = json.Required(path, "path"), Readonly = isReadonly, Extensions = others };
    }

    private static SpecMount? Mount(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? destination = null, type = null, source = null;
        IReadOnlyList<string> options = [];
        IReadOnlyList<LinuxIdMapping> uidMappings = [], gidMappings = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "destination": destination = json.NonEmptyText(); break;
                case "type": type = json.Text(); break;
                case "source": source = json.Text(); break;
                case "options": options = json.TextList(); break;
                case "uidMappings": uidMappings = json.List(IdMapping); break;
                case "gidMappings": gidMappings = json.List(IdMapping); break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecMount
        {
            Destination = json.Required(destination, "destination"),
            Type = type,
            Source = source,
            Options = options,
            UidMappings = uidMappings,
            GidMappings = gidMappings,
            Extensions = others,
        };
    }
}
