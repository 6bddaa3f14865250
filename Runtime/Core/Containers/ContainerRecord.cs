using System.Text;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Oci.Json;

namespace Vessel.Core.Containers;

/// <summary>What is known about a container before its process exists, and never changes: its state.json.</summary>
public sealed record ContainerRecord
{
    /// <summary>The version of this document that we write.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string OciVersion { get; init; }

    public required string Id { get; init; }

    /// <summary>Absolute.</summary>
    public required string Bundle { get; init; }

    /// <summary>Absolute.</summary>
    public required string Rootfs { get; init; }

    /// <summary>RFC 3339, UTC.</summary>
    public required string Created { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();

    /// <summary>1 or 2; 0 without cgroups.</summary>
    public int CgroupVersion { get; init; }

    /// <summary>The container's cgroup folders as paths of the host.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>The container's cgroup below each hierarchy's root; empty without cgroups.</summary>
    public string CgroupPath { get; init; } = "";

    /// <summary>Where the freezer is among them; empty where there is none.</summary>
    public string FreezerFolder { get; init; } = "";

    /// <summary>With systemd, the container's scope; null without.</summary>
    public ScopeRecord? Scope { get; init; }

    /// <summary>The container's hooks are kept in a copy of its config.json beside this document.</summary>
    public bool HasHooks { get; init; }

    /// <summary>The document's bytes.</summary>
    public byte[] ToJson()
    {
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented: false, this, static (json, record) =>
        {
            json.Always("version", (long)record.Version);
            json.Always("ociVersion", record.OciVersion);
            json.Always("id", record.Id);
            json.Always("bundle", record.Bundle);
            json.Always("rootfs", record.Rootfs);
            json.Always("created", record.Created);
            json.Map("annotations", record.Annotations);
            json.Always("cgroupVersion", (long)record.CgroupVersion);
            json.Always("cgroupPath", record.CgroupPath);
            json.List("cgroups", record.Cgroups);
            json.Always("freezer", record.FreezerFolder);
            json.Flag("hooks", record.HasHooks);
            json.Member("scope", record.Scope?.Unit);
            json.Flag("scopeIsUsers", record.Scope?.IsUsers == true);
        });
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads the document.</summary>
    /// <exception cref="DocumentException">It is damaged.</exception>
    public static ContainerRecord FromJson(byte[] utf8) => JsonMapReader.Read<ContainerRecord>(utf8, "state.json", Map);

    private static ContainerRecord? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        int version = 0, cgroupVersion = 0;
        string? ociVersion = null, id = null, bundle = null, rootfs = null, created = null, cgroupPath = null, freezer = null;
        IReadOnlyDictionary<string, string> annotations = EmptyMap.Of<string>();
        IReadOnlyList<string> cgroups = [];
        bool hooks = false, scopeIsUsers = false;
        string? scope = null;
        while (json.NextMember() is { } name)
            switch (name)
            {
                case "version": version = json.Int32() ?? 0; break;
                case "ociVersion": ociVersion = json.Text(); break;
                case "id": id = json.Text(); break;
                case "bundle": bundle = json.Text(); break;
                case "rootfs": rootfs = json.Text(); break;
                case "created": created = json.Text(); break;
                case "cgroupPath": cgroupPath = json.Text(); break;
                case "annotations": annotations = json.AnyTextMap(); break;
                case "cgroupVersion": cgroupVersion = json.Int32() ?? 0; break;
                case "cgroups": cgroups = json.TextList(); break;
                case "freezer": freezer = json.Text(); break;
                case "hooks": hooks = json.Boolean() ?? false; break;
                case "scope": scope = json.Text(); break;
                case "scopeIsUsers": scopeIsUsers = json.Boolean() ?? false; break;
                default: json.Skip(); break;
            }
        return new ContainerRecord
        {
            Version = version,
            OciVersion = json.Required(ociVersion, "ociVersion"),
            Id = json.Required(id, "id"),
            Bundle = json.Required(bundle, "bundle"),
            Rootfs = json.Required(rootfs, "rootfs"),
            Created = json.Required(created, "created"),
            CgroupPath = cgroupPath ?? "",
            Annotations = annotations,
            CgroupVersion = cgroupVersion,
            Cgroups = cgroups,
            FreezerFolder = freezer ?? "",
            HasHooks = hooks,
            Scope = string.IsNullOrEmpty(scope) ? null : new ScopeRecord(scope, scopeIsUsers),
        };
    }
}
