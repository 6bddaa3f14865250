using NUnit.Framework;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class PlatformChoiceTests
{
    // The platform asked for, those that an index has, and the one that is taken.
    [TestCase("linux/amd64", "linux/386 linux/arm64 linux/amd64", "linux/amd64")]
    [TestCase("linux/amd64", "linux/386 linux/arm64", "linux/386")]
    [TestCase("linux/amd64", "linux/amd64/v2 linux/arm64", null)]
    [TestCase("linux/amd64/v3", "linux/amd64 linux/amd64/v4 linux/amd64/v2", "linux/amd64/v2")]
    [TestCase("linux/amd64/v3", "linux/386 linux/amd64/v1", "linux/amd64/v1")]
    [TestCase("linux/386", "linux/amd64", null)]
    [TestCase("linux/arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v8", "linux/arm/v6")]
    [TestCase("linux/arm", "linux/arm/v6 linux/arm", "linux/arm")]
    [TestCase("linux/arm/v6", "linux/arm linux/arm/v7 linux/arm/v5", "linux/arm/v5")]
    [TestCase("linux/arm/v5", "linux/arm/v6", null)]
    [TestCase("linux/arm64", "linux/arm/v6 linux/arm/v7 linux/amd64", "linux/arm/v7")]
    [TestCase("linux/arm64", "linux/arm/v7 linux/arm64/v8", "linux/arm64/v8")]
    [TestCase("linux/arm64", "linux/arm64/v8.1 linux/arm64/v9", null)]
    [TestCase("linux/arm64/v8.2", "linux/arm64 linux/arm64/v8.1 linux/arm64/v8.3", "linux/arm64/v8.1")]
    [TestCase("linux/arm64/v9.1", "linux/arm64/v8.7 linux/arm64/v8.6 linux/arm64", "linux/arm64/v8.6")]
    [TestCase("linux/arm64/v9.1", "linux/arm64/v8 linux/arm64/v9", "linux/arm64/v9")]
    [TestCase("linux/riscv64", "linux/amd64 linux/riscv64", "linux/riscv64")]
    [TestCase("linux/amd64", "windows/amd64 freebsd/amd64", null)]
    [TestCase("linux/amd64", "linux/X86_64", "linux/X86_64")]
    [TestCase("linux/amd64/v2000000000", "linux/amd64", null)]
    [TestCase("linux/arm64/v9.2000000000", "linux/arm64", null)]
    [TestCase("linux/amd64", "unknown/unknown", null)]
    [TestCase("linux/amd64", "", null)]
    public void Best_IsWhatRunsBest(string wanted, string offered, string? expected)
    {
        Descriptor[] manifests = [.. offered.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Of)];

        Descriptor? best = PlatformChoice.Best(manifests, Platform.Parse(wanted));

        Assert.That(best?.Platform?.ToString(), Is.EqualTo(expected));
        Assert.That(manifests.Any(m => PlatformChoice.Accepts(Platform.Parse(wanted), m.Platform!)), Is.EqualTo(expected is not null));
    }

    [Test]
    public void Best_OfEquals_IsTheFirst()
    {
        Descriptor[] manifests = [Of("linux/arm64"), Of("linux/amd64"), Of("linux/amd64")];

        Assert.That(PlatformChoice.Best(manifests, Platform.Parse("linux/amd64")), Is.SameAs(manifests[1]));
    }

    [Test]
    public void Best_EntryWithoutPlatform_IsTakenWhereNoOtherFits()
    {
        Descriptor any = Of("linux/amd64") with { Platform = null };
        Descriptor attestation = any with { Annotations = new Dictionary<string, string> { ["vnd.docker.reference.type"] = "attestation-manifest" } };
        Descriptor signature = any with { ArtifactType = "application/vnd.example.signature" };
        Descriptor layer = any with { MediaType = MediaTypes.OciLayerGzip };

        Assert.Multiple(() =>
        {
            Assert.That(PlatformChoice.Best([attestation, signature, layer, any], Platform.Parse("linux/arm64")), Is.SameAs(any));
            Assert.That(PlatformChoice.Best([any, Of("linux/386")], Platform.Parse("linux/amd64"))!.Platform, Is.Not.Null);
            Assert.That(PlatformChoice.Best([attestation, signature, layer], Platform.Parse("linux/amd64")), Is.Null);
        });
    }

    [Test]
    public void Best_Attestation_IsNotEvenForUnknown()
    {
        Descriptor attestation = Of("unknown/unknown");

        Assert.That(PlatformChoice.IsAttestation(attestation));
        Assert.That(PlatformChoice.Best([attestation], Platform.Parse("unknown/unknown")), Is.Null);
    }

    [Test]
    public void Accepts_Features_MustAllBeThere()
    {
        Platform plain = new("linux", "amd64"), special = plain with { OsFeatures = ["sse9"] };

        Assert.Multiple(() =>
        {
            Assert.That(PlatformChoice.Accepts(plain, special), Is.False);
            Assert.That(PlatformChoice.Accepts(special, plain));
            Assert.That(PlatformChoice.Accepts(special, special));
        });
    }

    private static Descriptor Of(string platform)
    {
        string[] parts = platform.Split('/');
        return new Descriptor
        {
            MediaType = MediaTypes.OciManifest,
            Digest = Digest.Of([]),
            Size = 1,
            Platform = new Platform(parts[0], parts[1], parts.ElementAtOrDefault(2)),
        };
    }
}
