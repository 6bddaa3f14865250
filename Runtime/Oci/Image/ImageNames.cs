using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>Every member name of an image's documents, for all objects of a document together.</summary>
internal static class ImageNames
{
    /// <summary>Index and manifest have one list: what belongs in the other kind must be known to be refused.</summary>
    public static JsonNames Manifests { get; } = new(
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "fsLayers", "subject", "annotations", "digest",
        "size", "urls", "data", "platform", "architecture", "os", "os.version", "os.features", "variant");

    public static JsonNames Config { get; } = new(
        "created", "author", "architecture", "variant", "os", "os.version", "os.features", "config", "rootfs", "history", "type",
        "diff_ids", "created_by", "comment", "empty_layer", "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels",
        "StopSignal", "ArgsEscaped", "Healthcheck", "OnBuild", "Shell", "Test", "Interval", "Timeout", "StartPeriod", "StartInterval",
        "Retries");
}
