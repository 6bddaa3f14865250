using NUnit.Framework;

namespace Vessel.Tests.Support;

/// <summary>What a command did.</summary>
internal sealed record Outcome(string CommandLine, int ExitCode, byte[] OutputBytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => System.Text.Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Standard output without white space at both ends.</summary>
    public string Text => Output.Trim();

    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The error's words as they are, whatever a log's form has escaped.</summary>
    public string Complaint => Error.Replace("\\\"", "\"");

    /// <summary>Fails the test unless the command ended with 0.</summary>
    public Outcome Succeeded()
    {
        if (ExitCode != 0)
            Assert.Fail($"it failed\n{this}");
        return this;
    }

    /// <summary>Fails the test unless the command ended with another code than 0 and said all of <paramref name="words"/> on standard error.</summary>
    public Outcome Failed(params string[] words)
    {
        if (ExitCode == 0)
            Assert.Fail($"it did not fail\n{this}");
        foreach (string word in words)
            Assert.That(Complaint, Does.Contain(word), ToString());
        return this;
    }

    /// <summary>As <see cref="Failed"/>, and the error is one line of text.</summary>
    public Outcome FailedInOneLine(params string[] words)
    {
        Failed(words);
        Assert.That(Error.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), ToString());
        Assert.That(Error, Does.EndWith("\n"), ToString());
        Assert.That(Error.Trim(), Is.Not.Empty, ToString());
        Assert.That(Error, Does.Not.Contain("internal error").And.Not.Contain("   at "), ToString());
        return this;
    }

    /// <summary>
    /// As <see cref="Failed"/>, and below the error, which is one line, a line says how the command is called.
    /// </summary>
    public Outcome FailedWithUsage(params string[] words)
    {
        Failed(words);
        string[] lines = Error.TrimEnd('\n').Split('\n');
        Assert.That(lines, Has.Length.EqualTo(2), ToString());
        Assert.That(lines[0], Does.StartWith("vrun: "), ToString());
        Assert.That(lines[1], Does.StartWith("usage: vrun "), ToString());
        return this;
    }

    public override string ToString() => $"$ {CommandLine}\nexit code: {ExitCode}\noutput: {Shorten(Output)}\nerror: {Shorten(Error)}";

    private static string Shorten(string text) => text.Length <= 4000 ? text : text[..2000] + " … " + text[^2000..];
}
