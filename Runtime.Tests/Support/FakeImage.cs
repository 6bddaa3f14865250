using System.Text;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Support;

/// <summary>An image that a test makes, with the types of the specification or of docker.</summary>
internal sealed record FakeImage(IReadOnlyList<FakeLayer> Layers, byte[] Config, byte[] Manifest, string ManifestType)
{
    public Digest Id => Digest.Of(Config);

    public Digest Digest => Digest.Of(Manifest);

    public static FakeImage Of(params FakeLayer[] layers) => Of(false, "", layers);

    /// <summary>Makes it.</summary>
    /// <param name="isDocker">Whether with docker's types.</param>
    /// <param name="config">Members of its config's <c>config</c>.</param>
    /// <param name="layers">The lowest first.</param>
    public static FakeImage Of(bool isDocker, string config, params FakeLayer[] layers)
    {
        string ids = string.Join(',', layers.Select(l => $"\"{l.DiffId}\""));
        string document = $$$"""
            {"created":"2026-01-02T03:04:05Z","os":"linux","architecture":"{{{Platform.Host.Architecture}}}","config":{{{{config}}}},
            "rootfs":{"type":"layers","diff_ids":[{{{ids}}}]}}
            """;
        return Of(layers, document, isDocker);
    }

    /// <summary>Makes it of a config that may be anything, with <paramref name="others"/> as further members of its manifest.</summary>
    public static FakeImage Of(IReadOnlyList<FakeLayer> layers, string config, bool isDocker = false, string others = "")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(config);
        string type = isDocker ? MediaTypes.DockerManifest : MediaTypes.OciManifest;
        string manifest = $$"""
            {"schemaVersion":2,"mediaType":"{{type}}","config":{{Describe(isDocker ? MediaTypes.DockerConfig : MediaTypes.OciConfig, bytes)}},
            "layers":[{{string.Join(',', layers.Select(l => Describe(isDocker ? l.MediaType == MediaTypes.OciLayer ? MediaTypes.DockerLayer : MediaTypes.DockerLayerGzip : l.MediaType, l.Blob)))}}]{{others}}}
            """;
        return new FakeImage(layers, bytes, Encoding.UTF8.GetBytes(manifest), type);
    }

    /// <summary>The same with another text in its manifest.</summary>
    public FakeImage WithManifest(Func<string, string> change) => this with { Manifest = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(Manifest))) };

    /// <summary>An index of images.</summary>
    public static byte[] Index(params (FakeImage Image, string Platform)[] entries) => Encoding.UTF8.GetBytes($$"""
        {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', entries.Select(e => Describe(e.Image.ManifestType, e.Image.Manifest)[..^1] + $",\"platform\":{e.Platform}}}"))}}]}
        """);

    /// <summary>A platform as documents say it.</summary>
    public static string PlatformOf(string architecture) => $"{{\"os\":\"linux\",\"architecture\":\"{architecture}\"}}";

    private static string Describe(string type, byte[] bytes) => $"{{\"mediaType\":\"{type}\",\"digest\":\"{Digest.Of(bytes)}\",\"size\":{bytes.Length}}}";
}
