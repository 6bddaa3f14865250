using NUnit.Framework;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Oci.Reference;

public sealed class ImageReferenceTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string At = "@sha256:" + Hex;

    // What is written, what it means in full, and how it is shown.
    [TestCase("alpine", "docker.io/library/alpine", "alpine")]
    [TestCase("alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20")]
    [TestCase("alpine" + At, "docker.io/library/alpine" + At, "alpine" + At)]
    [TestCase("alpine:3.20" + At, "docker.io/library/alpine:3.20" + At, "alpine:3.20" + At)]
    [TestCase("library/alpine", "docker.io/library/alpine", "alpine")]
    [TestCase("docker.io/alpine", "docker.io/library/alpine", "alpine")]
    [TestCase("docker.io/library/alpine", "docker.io/library/alpine", "alpine")]
    [TestCase("index.docker.io/alpine", "docker.io/library/alpine", "alpine")]
    [TestCase("index.docker.io/user/image:1", "docker.io/user/image:1", "user/image:1")]
    [TestCase("user/image", "docker.io/user/image", "user/image")]
    [TestCase("library/a/b", "docker.io/library/a/b", "library/a/b")]
    [TestCase("localhost", "docker.io/library/localhost", "localhost")]
    [TestCase("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000")]
    [TestCase("localhost/a", "localhost/a", "localhost/a")]
    [TestCase("localhost:5000/a/b:c", "localhost:5000/a/b:c", "localhost:5000/a/b:c")]
    [TestCase("ghcr.io/a/b-c__d.e:V1_2-3.x", "ghcr.io/a/b-c__d.e:V1_2-3.x", "ghcr.io/a/b-c__d.e:V1_2-3.x")]
    [TestCase("example.com/a---b", "example.com/a---b", "example.com/a---b")]
    [TestCase("127.0.0.1:5000/a", "127.0.0.1:5000/a", "127.0.0.1:5000/a")]
    [TestCase("[::1]:5000/a:b", "[::1]:5000/a:b", "[::1]:5000/a:b")]
    [TestCase("[2001:db8::1]/a", "[2001:db8::1]/a", "[2001:db8::1]/a")]
    [TestCase("Registry/a", "Registry/a", "Registry/a")]
    [TestCase("example.com", "docker.io/library/example.com", "example.com")]
    [TestCase("a/" + Hex, "docker.io/a/" + Hex, "a/" + Hex)]
    // Shortened, these would be another registry's, or an image's id.
    [TestCase("docker.io/localhost/a", "docker.io/localhost/a", "docker.io/localhost/a")]
    [TestCase("docker.io/example.com/a:1", "docker.io/example.com/a:1", "docker.io/example.com/a:1")]
    [TestCase("docker.io/library/" + Hex, "docker.io/library/" + Hex, "docker.io/library/" + Hex)]
    public void TryParse_Reference_MeansWhatItMeansToDocker(string text, string full, string familiar)
    {
        Assert.That(ImageReference.TryParse(text, out ImageReference? reference, out string? error), error);
        Assert.Multiple(() =>
        {
            Assert.That(reference!.ToString(), Is.EqualTo(full));
            Assert.That(reference.FamiliarText, Is.EqualTo(familiar));
            Assert.That(ImageReference.Parse(full), Is.EqualTo(reference));
            Assert.That(ImageReference.Parse(familiar), Is.EqualTo(reference));
        });
    }

    [Test]
    public void Parts_AreThere()
    {
        ImageReference reference = ImageReference.Parse("localhost:5000/a/b:c" + At);
        ImageReference short_ = ImageReference.Parse("alpine");

        Assert.Multiple(() =>
        {
            Assert.That(reference.Registry, Is.EqualTo("localhost:5000"));
            Assert.That(reference.Repository, Is.EqualTo("a/b"));
            Assert.That(reference.Tag, Is.EqualTo("c"));
            Assert.That(reference.Digest, Is.EqualTo(Digest.Of([])));
            Assert.That(reference.Name, Is.EqualTo("localhost:5000/a/b"));
            Assert.That(reference.WithNameOnly().ToString(), Is.EqualTo("localhost:5000/a/b"));
            Assert.That(short_.Name, Is.EqualTo("docker.io/library/alpine"));
            Assert.That(short_.FamiliarName, Is.EqualTo("alpine"));
            Assert.That((short_.Tag, short_.Digest), Is.EqualTo(((string?)null, (Digest?)null)));
        });
    }

    [TestCase("alpine", "alpine:latest")]
    [TestCase("alpine:3", "alpine:3")]
    [TestCase("alpine" + At, "alpine" + At)]
    public void WithDefaultTag_AddsLatestOnlyWhereNothingIsSaid(string text, string expected)
    {
        Assert.That(ImageReference.Parse(text).WithDefaultTag().FamiliarText, Is.EqualTo(expected));
    }

    [Test]
    public void WithTagAndDigest_KeepTheOther()
    {
        ImageReference reference = ImageReference.Parse("a").WithTag("b").WithDigest(Digest.Of([])).WithTag("c");

        Assert.That(reference.FamiliarText, Is.EqualTo("a:c" + At));
        Assert.That(() => reference.WithTag("c/d"), Throws.TypeOf<FormatException>().With.Message.EqualTo("invalid tag format"));
    }

    [TestCase(null, "invalid reference format")]
    [TestCase("", "invalid reference format")]
    [TestCase(" ", "invalid reference format")]
    [TestCase(":", "invalid reference format")]
    [TestCase("a:", "invalid reference format")]
    [TestCase("a@", "invalid reference format")]
    [TestCase(":a", "invalid reference format")]
    [TestCase("@sha256:" + Hex, "invalid reference format")]
    [TestCase("a:b:c", "invalid reference format")]
    [TestCase("a:-b", "invalid reference format")]
    [TestCase("a:.b", "invalid reference format")]
    [TestCase("a b", "invalid reference format")]
    [TestCase("a\n", "invalid reference format")]
    [TestCase("a:b\n", "invalid reference format")]
    [TestCase("-a", "invalid reference format")]
    [TestCase("a-", "invalid reference format")]
    [TestCase("a..b", "invalid reference format")]
    [TestCase("a___b", "invalid reference format")]
    [TestCase("a._b", "invalid reference format")]
    [TestCase("a//b", "invalid reference format")]
    [TestCase("/a", "invalid reference format")]
    [TestCase("a/", "invalid reference format")]
    [TestCase("../a", "invalid reference format")]
    [TestCase("a/../b", "invalid reference format")]
    [TestCase("a/./b", "invalid reference format")]
    [TestCase("https://example.com/a", "invalid reference format")]
    [TestCase("user@example.com/a", "invalid reference format")]
    [TestCase("example.com:port/a", "invalid reference format")]
    [TestCase("example.com:/a", "invalid reference format")]
    [TestCase("-example.com/a", "invalid reference format")]
    [TestCase("example..com/a", "invalid reference format")]
    [TestCase("foo_bar.com/a", "invalid reference format")]
    [TestCase("[::1/a", "invalid reference format")]
    [TestCase("[]:1/a", "invalid reference format")]
    [TestCase("[fe80::1%eth0]/a", "invalid reference format")]
    [TestCase("[::1]x/a", "invalid reference format")]
    [TestCase("::1/a", "invalid reference format")]
    [TestCase("a@sha256:abc", "invalid reference format")]
    [TestCase("a@sha256:../../../../../../../../../../../../x", "invalid reference format")]
    [TestCase("a@sha256:" + Hex + "@sha256:" + Hex, "invalid reference format")]
    [TestCase("a@b@sha256:" + Hex, "invalid reference format")]
    [TestCase("a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4", "invalid checksum digest length")]
    [TestCase("a@sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "invalid checksum digest format")]
    [TestCase("a@md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported digest algorithm")]
    [TestCase("Foo", "invalid reference format: repository name (library/Foo) must be lowercase")]
    [TestCase("foo/Bar:tag", "invalid reference format: repository name (foo/Bar) must be lowercase")]
    [TestCase("example.com/A", "invalid reference format: repository name (A) must be lowercase")]
    [TestCase("A\u001b[2J", "invalid reference format: repository name (library/A\\u001b[2J) must be lowercase")]
    [TestCase("É", "invalid reference format: repository name (library/É) must be lowercase")]
    [TestCase("é", "invalid reference format")]
    [TestCase("а", "invalid reference format", TestName = "TryParse_Other_IsRefused(cyrillic a)")]
    [TestCase(Hex, "invalid repository name (" + Hex + "), cannot specify 64-byte hexadecimal strings")]
    public void TryParse_Other_IsRefused(string? text, string expected)
    {
        Assert.That(ImageReference.TryParse(text, out ImageReference? reference, out string? error), Is.False, reference?.ToString());
        Assert.That(reference, Is.Null);
        Assert.That(error, Is.EqualTo(expected));
        Assert.That(() => ImageReference.Parse(text!), Throws.TypeOf<FormatException>().With.Message.EqualTo(expected));
    }

    [Test]
    public void TryParse_Lengths_AreBounded()
    {
        string a255 = new('a', 255), a128 = new('a', 128), a127 = new('a', 127);
        Assert.Multiple(() =>
        {
            Assert.That(ImageReference.TryParse($"example.com/{a255}:{a128}", out _, out string? error), error);
            Assert.That(ImageReference.TryParse($"{a127}/{a127}", out _, out error), error);
            Assert.That(() => ImageReference.Parse($"example.com/{a255}a"),
                Throws.TypeOf<FormatException>().With.Message.EqualTo("repository name must not be more than 255 characters"));
            Assert.That(() => ImageReference.Parse($"a:{a128}a"), Throws.TypeOf<FormatException>().With.Message.EqualTo("invalid reference format"));
            Assert.That(() => ImageReference.Parse($"{a255}.a/a"), Throws.TypeOf<FormatException>().With.Message.EqualTo("invalid reference format"));
        });
    }

    [Test]
    public void References_ToTheSameImage_AreEqual()
    {
        Assert.That(ImageReference.Parse("docker.io/alpine:3"), Is.EqualTo(ImageReference.Parse("alpine:3")));
        Assert.That(ImageReference.Parse("alpine:3"), Is.Not.EqualTo(ImageReference.Parse("alpine")));
    }
}
