using NUnit.Framework;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Oci.Reference;

public sealed class DigestTests
{
    private const string OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly string Sha512 = new('a', 128);

    [Test]
    public void TryParse_Digest_IsTakenApart()
    {
        Digest digest = Digest.Parse($"sha256:{OfNothing}");

        Assert.Multiple(() =>
        {
            Assert.That(digest.Algorithm, Is.EqualTo("sha256"));
            Assert.That(digest.Hex, Is.EqualTo(OfNothing));
            Assert.That(digest.Short, Is.EqualTo("e3b0c44298fc"));
            Assert.That(digest.ToString(), Is.EqualTo($"sha256:{OfNothing}"));
            Assert.That(digest, Is.EqualTo(Digest.Of([])));
            Assert.That(Digest.Parse($"sha512:{Sha512}").ToString(), Is.EqualTo($"sha512:{Sha512}"));
        });
    }

    [Test]
    public void Matches_TellsContentFromOther()
    {
        // sha512 of nothing.
        Digest sha512 = Digest.Parse("sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");

        Assert.Multiple(() =>
        {
            Assert.That(Digest.Of("{}"u8).Matches("{}"u8));
            Assert.That(Digest.Of("{}"u8).Matches("[]"u8), Is.False);
            Assert.That(sha512.Matches([]));
            Assert.That(sha512.Matches("{}"u8), Is.False);
        });
    }

    // CVE-2024-3727: a digest that is none, used as a path.
    [TestCase(null, "invalid checksum digest format")]
    [TestCase("", "invalid checksum digest format")]
    [TestCase(":", "invalid checksum digest format")]
    [TestCase("sha256", "invalid checksum digest format")]
    [TestCase("sha256:", "invalid checksum digest format")]
    [TestCase(":" + OfNothing, "invalid checksum digest format")]
    [TestCase(OfNothing, "invalid checksum digest format")]
    [TestCase("sha256:abc", "invalid checksum digest length")]
    [TestCase("sha256:../../x", "invalid checksum digest length")]
    [TestCase("sha256:../../../../../../../../../../../../../../../../../../../../etc/x", "invalid checksum digest length")]
    [TestCase("sha256:../../../../../../../../../../../../../../../../../etc/passwd.xy", "invalid checksum digest format")]
    [TestCase("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "invalid checksum digest format")]
    [TestCase("sha256:" + OfNothing + "0", "invalid checksum digest length")]
    [TestCase("sha256:" + OfNothing + "\n", "invalid checksum digest length")]
    [TestCase(" sha256:" + OfNothing, "invalid checksum digest format")]
    [TestCase("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\0", "invalid checksum digest format")]
    [TestCase("sha256:٣3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "invalid checksum digest format")]
    [TestCase("SHA256:" + OfNothing, "invalid checksum digest format")]
    [TestCase("sha512:" + OfNothing, "invalid checksum digest length")]
    [TestCase("sha384:" + OfNothing, "unsupported digest algorithm")]
    [TestCase("md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported digest algorithm")]
    [TestCase("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "unsupported digest algorithm")]
    [TestCase("../x:" + OfNothing, "invalid checksum digest format")]
    public void TryParse_Other_IsRefused(string? text, string expected)
    {
        Assert.That(Digest.TryParse(text, out Digest? digest, out string? error), Is.False);
        Assert.That(digest, Is.Null);
        Assert.That(error, Is.EqualTo(expected));
        Assert.That(() => Digest.Parse(text!), Throws.TypeOf<FormatException>().With.Message.EqualTo(expected));
    }
}
