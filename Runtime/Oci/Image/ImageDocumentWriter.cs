using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>
/// Writes an image's documents as bytes that have a digest: compact, in the order of Go's own types, and the same for the same value. What
/// the reader did not know follows as it stood.
/// </summary>
public static class ImageDocumentWriter
{
    private const int SchemaVersion = 2;

    public static byte[] WriteIndex(ImageIndex index) => Write(index, Index);

    public static byte[] WriteManifest(ImageManifest manifest) => Write(manifest, Manifest);

    public static byte[] WriteConfig(ImageConfig config) => Write(config, Config);

    private static byte[] Write<T>(T value, Action<JsonMapWriter, T> members) => JsonMapWriter.ToBytes(value, indented: false, members);

    private static void Index(JsonMapWriter json, ImageIndex index)
    {
        json.Always("schemaVersion", SchemaVersion);
        json.Member("mediaType", index.MediaType);
        json.Member("artifactType", index.ArtifactType);
        json.AlwaysList("manifests", index.Manifests, Descriptor);
        json.Object("subject", index.Subject, Descriptor);
        json.Map("annotations", index.Annotations);
    }

    private static void Manifest(JsonMapWriter json, ImageManifest manifest)
    {
        json.Always("schemaVersion", SchemaVersion);
        json.Member("mediaType", manifest.MediaType);
        json.Member("artifactType", manifest.ArtifactType);
        json.Object("config", manifest.Config, Descriptor);
        json.AlwaysList("layers", manifest.Layers, Descriptor);
        json.Object("subject", manifest.Subject, Descriptor);
        json.Map("annotations", manifest.Annotations);
    }

    private static void Descriptor(JsonMapWriter json, Descriptor descriptor)
    {
        json.Always("mediaType", descriptor.MediaType);
        json.Always("digest", descriptor.Digest.ToString());
        json.Always("size", descriptor.Size);
        json.List("urls", descriptor.Urls);
        json.Map("annotations", descriptor.Annotations);
        json.Member("data", descriptor.Data);
        json.Object("platform", descriptor.Platform, Platform);
        json.Member("artifactType", descriptor.ArtifactType);
    }

    private static void Platform(JsonMapWriter json, Platform platform)
    {
        json.Always("architecture", platform.Architecture);
        json.Always("os", platform.Os);
        json.Member("os.version", platform.OsVersion);
        json.List("os.features", platform.OsFeatures);
        json.Member("variant", platform.Variant);
    }

    private static void Config(JsonMapWriter json, ImageConfig config)
    {
        json.Member("created", config.Created);
        json.Member("author", config.Author);
        json.Member("architecture", config.Architecture);
        json.Member("variant", config.Variant);
        json.Member("os", config.Os);
        json.Member("os.version", config.OsVersion);
        json.List("os.features", config.OsFeatures);
        json.Object("config", config.Config, ContainerConfig);
        json.Object("rootfs", config.RootFs, RootFs);
        json.List("history", config.History, History);
    }

    private static void ContainerConfig(JsonMapWriter json, ContainerConfig config)
    {
        json.Member("User", config.User);
        NameSet(json, "ExposedPorts", config.ExposedPorts);
        json.List("Env", config.Env);
        json.List("Entrypoint", config.Entrypoint);
        json.List("Cmd", config.Cmd);
        NameSet(json, "Volumes", config.Volumes);
        json.Member("WorkingDir", config.WorkingDir);
        json.Map("Labels", config.Labels);
        json.Member("StopSignal", config.StopSignal);
        json.Flag("ArgsEscaped", config.ArgsEscaped);
        json.Object("Healthcheck", config.Healthcheck, Healthcheck);
        json.List("OnBuild", config.OnBuild);
        json.List("Shell", config.Shell);
    }

    private static void Healthcheck(JsonMapWriter json, Healthcheck healthcheck)
    {
        json.List("Test", healthcheck.Test);
        Number(json, "Interval", healthcheck.Interval);
        Number(json, "Timeout", healthcheck.Timeout);
        Number(json, "StartPeriod", healthcheck.StartPeriod);
        Number(json, "StartInterval", healthcheck.StartInterval);
        Number(json, "Retries", healthcheck.Retries);
    }

    private static void RootFs(JsonMapWriter json, RootFs rootFs)
    {
        json.Always("type", "layers");
        json.AlwaysList("diff_ids", [.. rootFs.DiffIds.Select(static digest => digest.ToString())]);
    }

    private static void History(JsonMapWriter json, ImageHistory step)
    {
        json.Member("created", step.Created);
        json.Member("created_by", step.CreatedBy);
        json.Member("author", step.Author);
        json.Member("comment", step.Comment);
        json.Flag("empty_layer", step.EmptyLayer);
    }

    private static void Number(JsonMapWriter json, string name, long value) => json.Member(name, value == 0 ? (long?)null : value);

    private static void NameSet(JsonMapWriter json, string name, IReadOnlyList<string> names) =>
        json.Map(name, names.Distinct().ToDictionary(static member => member), static (_, _) => { });
}
