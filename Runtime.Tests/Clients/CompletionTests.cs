using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>What a shell offers after what was typed.</summary>
public sealed class CompletionTests : ImageTest
{
    private string[] Offered(params string[] words) => [.. Vessel(["__complete", .. words]).Succeeded().Lines.Select(l => l.Split('\t')[0])];

    [Test]
    public void CommandsGroupsAndOptions_AreOffered()
    {
        Assert.That(Offered(""), Does.Contain("pull").And.Contain("image").And.Contain("system").And.Not.Contain("image ls"));
        Assert.That(Offered("im"), Is.EqualTo(new[] { "image", "images", "import", ":words" }));
        Assert.That(Offered("image", "p"), Is.EqualTo(new[] { "prune", "pull", "push", ":words" }));
        Assert.That(Offered("pull", "--"), Is.EqualTo(new[] { "--all-tags", "--disable-content-trust", "--platform", "--quiet", "--help", ":words" }));
        Assert.That(Offered("pull", "--platform", "linux/a"), Is.EqualTo(new[] { "linux/amd64", "linux/arm64", "linux/arm/v7", ":words" }));
        Assert.That(Offered("load", "-i", ""), Is.EqualTo(new[] { ":files" }));
        Assert.That(Offered("--data-root", "/x", "bundle", "image", ""), Is.EqualTo(new[] { ":folders" }));
        Assert.That(Offered("bundle", ""), Is.EqualTo(new[] { "ls", "rm", ":words" }));
        Assert.That(Offered("bundle", "rm", "--"), Is.EqualTo(new[] { "--force", "--help", ":words" }));
        Assert.That(Offered("bundle", "rm", ""), Is.EqualTo(new[] { ":folders" }));
        Assert.That(Offered("nothing", ""), Is.EqualTo(new[] { ":words" }));
    }

    [Test]
    public void Images_AreOffered_AlsoByBash()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Vessel("tag", "tour:v1", "mine/tour:one").Succeeded();
        Assert.That(Offered("rmi", ""), Is.EqualTo(new[] { "tour:v1", "mine/tour:one", ":words" }).Or.EqualTo(new[] { "mine/tour:one", "tour:v1", ":words" }));
        string line = $"{Host.ProjectFolder}/out/bin/vessel --data-root {DataRoot} rmi mine/tour:o";
        string script = $"COMP_WORDBREAKS=$' \\t\\n:='; . {Host.ProjectFolder}/build/completion/vessel.bash; COMP_LINE='{line}'; COMP_POINT={line.Length}; _vessel; printf '%s\\n' \"${{COMPREPLY[@]}}\"";
        // After the colon, as bash sees the word.
        Assert.That(new Launch("/bin/bash", ["-c", script]).Start().Wait().Succeeded().Text, Is.EqualTo("one"));
    }
}
