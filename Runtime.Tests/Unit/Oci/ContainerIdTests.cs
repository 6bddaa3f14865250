using NUnit.Framework;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

public sealed class ContainerIdTests
{
    [TestCase("a")]
    [TestCase("web-1.2_3+x")]
    [TestCase("...")]
    [TestCase("-rf")]
    [TestCase("4e2f1b8c9d0a4e2f1b8c9d0a4e2f1b8c9d0a4e2f1b8c9d0a4e2f1b8c9d0a4e2f")]
    public void TryParse_Name_IsTaken(string text)
    {
        Assert.That(ContainerId.TryParse(text, out ContainerId? id, out string? error), error);
        Assert.That(id!.Value, Is.EqualTo(text));
        Assert.That(id.ToString(), Is.EqualTo(text));
    }

    [TestCase("", "container id is empty")]
    [TestCase(".", "container id `.` is not a name: it means a folder itself")]
    [TestCase("..", "container id `..` is not a name: it means a folder's parent")]
    [TestCase("a/b", "container id `a/b` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("../a", "container id `../a` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("a b", "container id `a b` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("a\n", "container id `a\\u000a` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("a\0", "container id `a\\u0000` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("é", "container id `é` may have only A-Z a-z 0-9 _ + - .")]
    [TestCase("٣", "container id `٣` may have only A-Z a-z 0-9 _ + - .")]
    public void TryParse_Other_IsRefusedByName(string text, string expected)
    {
        Assert.That(ContainerId.TryParse(text, out ContainerId? id, out string? error), Is.False);
        Assert.That(id, Is.Null);
        Assert.That(error, Is.EqualTo(expected));
    }

    [Test]
    public void TryParse_Length_IsBounded()
    {
        Assert.That(ContainerId.TryParse(new string('a', 1024), out _, out _));
        Assert.That(ContainerId.TryParse(new string('a', 1025), out _, out string? error), Is.False);
        Assert.That(error, Does.Match("^container id `a{60}…` has 1025 characters, more than 1024$"));
    }

    [Test]
    public void Ids_WithTheSameText_AreEqual()
    {
        ContainerId.TryParse("web", out ContainerId? one, out _);
        ContainerId.TryParse("web", out ContainerId? other, out _);

        Assert.That(one, Is.EqualTo(other));
    }
}
