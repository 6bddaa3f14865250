using System.Globalization;

namespace Vessel.Oci.Image;

/// <summary>Which of an index's images a host runs, as containerd chooses.</summary>
public static class PlatformChoice
{
    private const string Unknown = "unknown";
    private const string ReferenceType = "vnd.docker.reference.type", Attestation = "attestation-manifest";

    // What an architecture's versions went up to, and far beyond: a variant is the user's word, and is counted down from.
    private const int MaximumVersion = 99;

    private const int MaximumChoices = 16;

    /// <summary>
    /// The image for <paramref name="wanted"/>: the one that is made for it, or else the nearest that runs on it; of equals, the first. An
    /// entry that names no platform is taken where none that names one fits: what it is, its configuration must say. Null where there is
    /// nothing to run.
    /// </summary>
    public static Descriptor? Best(IReadOnlyList<Descriptor> manifests, Platform wanted) => InOrder(manifests, wanted).FirstOrDefault();

    /// <summary>All that may be the image for <paramref name="wanted"/>, the best first, and no more than 16. Several, since an index in an index needn't say what it is for.</summary>
    public static IEnumerable<Descriptor> InOrder(IReadOnlyList<Descriptor> manifests, Platform wanted)
    {
        List<Platform> order = [.. Accepted(wanted)];
        return manifests.Where(IsImage).Select(m => (Manifest: m, Rank: Rank(order, m.Platform))).Where(m => m.Rank >= 0).OrderBy(m => m.Rank).Select(m => m.Manifest).Take(MaximumChoices);
    }

    /// <summary>Whether what is made for <paramref name="offered"/> runs where <paramref name="wanted"/> is asked for.</summary>
    public static bool Accepts(Platform wanted, Platform offered) => Rank([.. Accepted(wanted)], offered) >= 0;

    /// <summary>The platforms that are as good as <paramref name="wanted"/>, the best first, normalized.</summary>
    public static IEnumerable<Platform> Accepted(Platform wanted)
    {
        Platform normal = wanted.Normalize();
        return normal.Architecture switch
        {
            "amd64" => Versions(normal, 1).Append(normal with { Architecture = "386", Variant = null }),
            "arm" => Versions(normal, 5),
            // Processors that have arm64 mostly run arm too; images that are there only for that still start.
            "arm64" => Arm64Versions(normal).Concat(Versions(normal with { Architecture = "arm", Variant = "v8" }, 5)),
            _ => [normal],
        };
    }

    /// <summary>Whether it describes how an image was built, instead of being one.</summary>
    public static bool IsAttestation(Descriptor manifest) =>
        manifest.Platform is { Os: Unknown, Architecture: Unknown }
        || (manifest.Annotations.TryGetValue(ReferenceType, out string? type) && type == Attestation);

    private static bool IsImage(Descriptor manifest) =>
        !IsAttestation(manifest)
        && (MediaTypes.IsManifest(manifest.MediaType) || MediaTypes.IsIndex(manifest.MediaType))
        // Something else that is stored beside images: a signature, a list of parts.
        && (manifest.Platform is not null || manifest.ArtifactType is null || MediaTypes.IsConfig(manifest.ArtifactType));

    private static int Rank(List<Platform> order, Platform? offered)
    {
        if (offered is null)
            return order.Count;
        Platform normal = offered.Normalize();
        return order.FindIndex(platform =>
            (platform.Os, platform.Architecture, platform.Variant) == (normal.Os, normal.Architecture, normal.Variant)
            && normal.OsFeatures.All(platform.OsFeatures.Contains));
    }

    // v3, v2, ... down to the first version.
    private static IEnumerable<Platform> Versions(Platform platform, int first)
    {
        yield return platform;
        if (!IsVersion(platform.Variant, out int version))
            yield break;
        while (--version >= first)
            yield return (platform with { Variant = $"v{version}" }).Normalize();
    }

    // v8.2, v8.1, v8: without a minor version it is 0. And 9.0 is what 8.5 had become, so each 9.x has all of 8.(x+5).
    private static IEnumerable<Platform> Arm64Versions(Platform platform)
    {
        yield return platform;
        string[] parts = (platform.Variant ?? "v8").Split('.', 2);
        string minorPart = parts.Length == 1 ? "0" : parts[1];
        if (!IsVersion(parts[0], out int major) || !IsVersion($"v{minorPart}", out int minor) || major is not (8 or 9))
            yield break;
        for (int i = minor - 1; major == 9 && i >= 0; i--)
            yield return Arm64(platform, 9, i);
        for (int i = major == 9 ? minor + 5 : minor - 1; i >= 0; i--)
            yield return Arm64(platform, 8, i);
    }

    private static Platform Arm64(Platform platform, int major, int minor) =>
        (platform with { Variant = minor == 0 ? $"v{major}" : $"v{major}.{minor}" }).Normalize();

    private static bool IsVersion(string? variant, out int version)
    {
        version = 0;
        return variant is not null && variant.StartsWith('v')
            && int.TryParse(variant.AsSpan(1), NumberStyles.None, null, out version) && version <= MaximumVersion;
    }
}
