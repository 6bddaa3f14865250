using NUnit.Framework;
using Vessel.Oci.Image;

namespace Vessel.Tests.Unit.Oci.Image;

/// <summary>What instructions of a Dockerfile make of an image's configuration, for <c>import --change</c>.</summary>
public sealed class ConfigChangeTests
{
    private static ContainerConfig After(params string[] instructions) => instructions.Aggregate(new ContainerConfig(), ConfigChange.Apply);

    [TestCase("CMD [\"a\", \"b c\"]", "a|b c")]
    [TestCase("cmd echo  $HOME | cat", "/bin/sh|-c|echo  $HOME | cat")]
    [TestCase("CMD [\"a\", b]", "/bin/sh|-c|[\"a\", b]", Description = "no JSON: a line for the shell, as docker takes it")]
    [TestCase("CMD", "")]
    public void Command_IsAListOrALineForTheShell(string instruction, string command) =>
        Assert.That(string.Join('|', After("CMD before", instruction).Cmd), Is.EqualTo(command));

    [TestCase("ENV A=1 B=\"two words\" C='$x' D=a\\ b", "A=1|B=two words|C=$x|D=a b")]
    [TestCase("ENV A  all of it", "A=all of it")]
    [TestCase("ENV A=", "A=")]
    public void Environment_HasBothForms(string instruction, string environment) => Assert.That(string.Join('|', After(instruction).Env), Is.EqualTo(environment));

    [Test]
    public void Environment_ReplacesWhatIsThere() => Assert.That(After("ENV A=1 B=2", "ENV A=3").Env, Is.EqualTo(new[] { "A=3", "B=2" }));

    [Test]
    public void TheOthers()
    {
        ContainerConfig config = After(
            "ENTRYPOINT [\"/bin/x\"]", "LABEL a=1 \"b c\"='d e'", "EXPOSE 80 53/udp 8000-8010", "EXPOSE 80", "VOLUME /data /log", "VOLUME [\"/with space\"]", "USER 7:8",
            "WORKDIR /srv", "WORKDIR app/../other", "STOPSIGNAL SIGINT", "ONBUILD RUN true");
        Assert.That(config.Entrypoint, Is.EqualTo(new[] { "/bin/x" }));
        Assert.That(config.Labels, Is.EqualTo(new Dictionary<string, string> { ["a"] = "1", ["b c"] = "d e" }));
        Assert.That(config.ExposedPorts, Is.EqualTo((string[])["80/tcp", "53/udp", .. Enumerable.Range(8000, 11).Select(p => $"{p}/tcp")]));
        Assert.That(config.Volumes, Is.EqualTo(new[] { "/data", "/log", "/with space" }));
        Assert.That((config.User, config.WorkingDir, config.StopSignal), Is.EqualTo(("7:8", "/srv/other", "SIGINT")));
        Assert.That(config.OnBuild, Is.EqualTo(new[] { "RUN true" }));
    }

    [TestCase("RUN true", "RUN is not a valid change command")]
    [TestCase("", "an instruction is empty")]
    [TestCase("ENV", "ENV requires at least one argument")]
    [TestCase("ENV A", "ENV must have two arguments")]
    [TestCase("ENV =1", "ENV names can not be blank")]
    [TestCase("ENV A=1 B", "Syntax error - can't find = in \"B\". Must be of the form: name=value")]
    [TestCase("EXPOSE 0", "invalid containerPort: 0")]
    [TestCase("EXPOSE 80/icmp", "invalid containerPort: 80/icmp")]
    [TestCase("USER a b", "USER requires exactly one argument")]
    public void WhatMakesNoSense_IsRefused(string instruction, string message) =>
        Assert.That(() => After(instruction), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));
}
