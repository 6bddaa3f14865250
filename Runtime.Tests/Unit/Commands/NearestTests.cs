using NUnit.Framework;
using Vessel.Commands.CommandLine;

namespace Vessel.Tests.Unit.Commands;

/// <summary>The hint for a word with a slip in it: what is near is offered, what is not is not.</summary>
public sealed class NearestTests
{
    private static readonly string[] Commands = ["create", "delete", "exec", "images", "kill", "list", "ps", "pull", "push", "run", "start", "state"];

    [TestCase("strat", "start")]
    [TestCase("stat", "state")]
    [TestCase("pul", "pull")]
    [TestCase("imags", "images")]
    [TestCase("dele", "delete")]
    [TestCase("deltee", "delete")]
    [TestCase("LIST", "list")]
    [TestCase("craete", "create")]
    [TestCase("lst", "list")]
    [TestCase("nope", null)]
    [TestCase("xy", null)]
    [TestCase("", null)]
    [TestCase("compose", null)]
    public void Word_MeansTheNearest(string typed, string? meant)
    {
        Assert.That(Nearest.Of(typed, Commands), Is.EqualTo(meant));
        Assert.That(Nearest.Hint(typed, Commands), Is.EqualTo(meant is null ? "" : $" (did you mean \"{meant}\"?)"));
    }
}
