using System.Text;
using Vessel.Oci.Image;
using Vessel.Oci.Json;

namespace Vessel.Tests.Unit.Oci.Image;

/// <summary>Documents that the tests of this folder share, in the writer's order, each with every member that the reader knows.</summary>
internal static class ImageDocuments
{
    public const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>Of <c>{}</c>.</summary>
    public const string EmptyDigest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    public const string Index = $$$"""
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "artifactType": "application/vnd.example.thing",
            "manifests": [
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": "{{{Digest}}}",
                    "size": 7143,
                    "urls": ["https://example.com/m"],
                    "annotations": { "org.opencontainers.image.ref.name": "1.0", "": "empty name" },
                    "platform": {
                        "architecture": "arm", "os": "linux", "os.version": "6", "os.features": ["x"], "variant": "v7", "features": ["neon"]
                    },
                    "artifactType": "application/vnd.example.config"
                },
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "{{{Digest}}}", "size": 0,
                    "platform": { "architecture": "unknown", "os": "unknown" }
                }
            ],
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "{{{Digest}}}", "size": 1 },
            "annotations": { "a": "b" },
            "later": { "a" : [1.50] }
        }
        """;

    public const string Manifest = $$$"""
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.example.thing",
            "config": {
                "mediaType": "application/vnd.oci.empty.v1+json", "digest": "{{{EmptyDigest}}}", "size": 2, "data": "e30=", "x": null
            },
            "layers": [
                { "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "{{{Digest}}}", "size": 9223372036854775807 }
            ],
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "{{{Digest}}}", "size": 1 },
            "annotations": { "a": "b" },
            "later": 1
        }
        """;

    public const string Config = $$$"""
        {
            "created": "2026-01-02T03:04:05.123456789Z",
            "author": "A <a@example.com>",
            "architecture": "arm64",
            "variant": "v8",
            "os": "linux",
            "os.version": "6",
            "os.features": ["x"],
            "config": {
                "User": "1000:1000",
                "ExposedPorts": { "80/tcp": {}, "53/udp": {} },
                "Env": ["PATH=/bin", "EMPTY="],
                "Entrypoint": ["/init", "--"],
                "Cmd": ["sh"],
                "Volumes": { "/data": {} },
                "WorkingDir": "/srv",
                "Labels": { "maintainer": "a", "Config": "a label's name is not a member's" },
                "StopSignal": "SIGQUIT",
                "ArgsEscaped": true,
                "Healthcheck": {
                    "Test": ["CMD-SHELL", "true"], "Interval": 30000000000, "Timeout": 1, "StartPeriod": 2, "StartInterval": 3, "Retries": 4,
                    "Later": 5
                },
                "OnBuild": ["RUN true"],
                "Shell": ["/bin/bash", "-c"],
                "Hostname": "h",
                "Domainname": "d"
            },
            "rootfs": { "type": "layers", "diff_ids": ["{{{Digest}}}", "{{{EmptyDigest}}}"] },
            "history": [
                { "created": "2026-01-02T03:04:05Z", "created_by": "ADD a", "author": "b", "comment": "c", "x": "y" },
                { "created_by": "ENV d", "empty_layer": true }
            ],
            "docker_version": "20.10.0",
            "container_config": { "Cmd": null }
        }
        """;

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    /// <summary>What is wrong with a document, a line each; empty where nothing is.</summary>
    public static string[] ErrorsOf(Action read)
    {
        try
        {
            read();
            return [];
        }
        catch (DocumentException e)
        {
            return [.. e.Errors.Select(error => error.ToString())];
        }
    }

    public static string[] ErrorsOfIndex(string json, string? expectedMediaType = null) =>
        ErrorsOf(() => ImageDocumentReader.ReadIndex(Bytes(json), "index", expectedMediaType));

    public static string[] ErrorsOfManifest(string json, string? expectedMediaType = null) =>
        ErrorsOf(() => ImageDocumentReader.ReadManifest(Bytes(json), "manifest", expectedMediaType));

    public static string[] ErrorsOfConfig(string json) => ErrorsOf(() => ImageDocumentReader.ReadConfig(Bytes(json), "config"));

    /// <summary>The document, read and written again.</summary>
    public static string Again(string kind, string json) => Encoding.UTF8.GetString(kind switch
    {
        nameof(Index) => ImageDocumentWriter.WriteIndex(ImageDocumentReader.ReadIndex(Bytes(json), kind)),
        nameof(Manifest) => ImageDocumentWriter.WriteManifest(ImageDocumentReader.ReadManifest(Bytes(json), kind)),
        _ => ImageDocumentWriter.WriteConfig(ImageDocumentReader.ReadConfig(Bytes(json), kind)),
    });

    public static string OfKind(string kind) => kind switch { nameof(Index) => Index, nameof(Manifest) => Manifest, _ => Config };
}
