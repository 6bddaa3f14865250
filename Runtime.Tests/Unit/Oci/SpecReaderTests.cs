using NUnit.Framework;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

public sealed class SpecReaderTests
{
    [Test]
    public void Read_FullDocument_GivesEveryValue()
    {
        Spec spec = Documents.Read(Documents.Full);

        Assert.Multiple(() =>
        {
            Assert.That(spec.OciVersion, Is.EqualTo("1.3.0"));
            Assert.That(spec.Process!.User, Has.Property("Uid").EqualTo(1).And.Property("Umask").EqualTo(18));
            Assert.That(spec.Process.User.AdditionalGids, Is.EqualTo(new uint[] { 5, 6 }));
            Assert.That(spec.Process.Rlimits[0], Is.EqualTo(new PosixRlimit("RLIMIT_NOFILE", ulong.MaxValue, 1024)));
            Assert.That(spec.Process.OomScoreAdj, Is.EqualTo(-1000));
            Assert.That(spec.Process.ExecCpuAffinity, Is.EqualTo(new ExecCpuAffinity { Initial = "0-3,7", Final = "1" }));
            Assert.That(spec.Mounts[1].UidMappings, Is.EqualTo(new[] { new LinuxIdMapping(0, 1000, 1) }));
            Assert.That(spec.Hooks!.Prestart[0].Timeout, Is.EqualTo(5));
            Assert.That(spec.Annotations["org.example.key"], Is.EqualTo("value"));
            Assert.That(spec.Linux!.Resources!.Memory!.Swap, Is.EqualTo(-1));
            Assert.That(spec.Linux.Resources.BlockIO!.ThrottleWriteIopsDevice[0].Rate, Is.EqualTo(ulong.MaxValue));
            Assert.That(spec.Linux.Namespaces.Select(ns => ns.Type), Is.EqualTo(SpecWords.Namespaces));
            Assert.That(spec.Linux.Seccomp!.Syscalls[0].Args[0],
                Is.EqualTo(new LinuxSeccompArg(5, ulong.MaxValue, 1UL << 63, "SCMP_CMP_MASKED_EQ")));
            Assert.That(spec.Linux.TimeOffsets["monotonic"], Is.EqualTo(new LinuxTimeOffset(-5, 999_999_999)));
            Assert.That(spec.Windows, Is.EqualTo("""{ "layerFolders": ["C:\\layer"] }"""));
        });
    }

    [Test]
    public void Read_MinimalDocument_GivesNullObjectsAndEmptyLists()
    {
        Spec spec = Documents.Read("""{"ociVersion":"1.0.2-dev","process":{"cwd":"/"},"linux":{}}""");

        Assert.Multiple(() =>
        {
            Assert.That(spec.Root, Is.Null);
            Assert.That(spec.Hooks, Is.Null);
            Assert.That(spec.Mounts, Is.Empty);
            Assert.That(spec.Annotations, Is.Empty);
            Assert.That(spec.Process!.User, Is.EqualTo(SpecUser.Root));
            Assert.That(spec.Process.Capabilities, Is.Null);
            Assert.That(spec.Linux!.Resources, Is.Null);
            Assert.That(spec.Extensions, Is.Null);
        });
    }

    [TestCase("\"process\":null,\"root\":null,\"hostname\":null,\"mounts\":null,\"hooks\":null,\"annotations\":null,\"linux\":null,\"vm\":null")]
    [TestCase("\"process\":{\"cwd\":\"/\",\"user\":null,\"args\":null,\"env\":null,\"capabilities\":{\"bounding\":null},\"rlimits\":null,\"oomScoreAdj\":null,\"terminal\":null}")]
    [TestCase("\"linux\":{\"resources\":{\"memory\":{\"limit\":null,\"disableOOMKiller\":null},\"pids\":{\"limit\":null},\"unified\":null,\"rdma\":null},\"rootfsPropagation\":null,\"timeOffsets\":null}")]
    public void Read_NullMember_IsAbsent(string members)
    {
        Assert.That(Documents.ErrorsOf(Documents.With(members)), Is.Empty);
    }

    [Test]
    public void Read_DuplicateMember_LastWins()
    {
        Spec spec = Documents.Read(Documents.With("""
            "hostname": "a", "hostname": "b", "mounts": [{"destination":"/a"}], "mounts": [{"destination":"/b"}]
            """));

        Assert.That(spec.Hostname, Is.EqualTo("b"));
        Assert.That(spec.Mounts.Select(mount => mount.Destination), Is.EqualTo(new[] { "/b" }));
    }

    [Test]
    public void Read_NameInAnotherCase_IsTheSameMember()
    {
        Spec spec = Documents.Read("""
            {"OCIVERSION":"1.0.0","Process":{"CWD":"/","Args":["x"]},"Linux":{"Sysctl":{"Kernel":"1"}},"Limit":1}
            """);

        Assert.Multiple(() =>
        {
            Assert.That(spec.Process!.Args, Is.EqualTo(new[] { "x" }));
            Assert.That(spec.Linux!.Sysctl.Keys, Is.EqualTo(new[] { "Kernel" }), "the keys of a map are data");
            Assert.That(spec.Extensions!.Keys, Is.EqualTo(new[] { "Limit" }), "known elsewhere only: kept as it was");
        });
    }

    [Test]
    public void Read_EmptyWords_MeanAbsent()
    {
        Spec spec = Documents.Read(Documents.With("""
            "linux": {
                "rootfsPropagation": "", "namespaces": [{"type":"pid","path":""}],
                "resources": {"devices": [{"allow":false,"type":"","access":""}]}
            }
            """));

        Assert.Multiple(() =>
        {
            Assert.That(spec.Linux!.RootfsPropagation, Is.Null);
            Assert.That(spec.Linux.Namespaces[0].Path, Is.Null);
            Assert.That(spec.Linux.Resources!.Devices[0].Type, Is.EqualTo("a"));
        });
    }

    [Test]
    public void Read_TextLikeADate_StaysText()
    {
        Spec spec = Documents.Read(Documents.With("\"annotations\":{\"created\":\"2024-01-02T03:04:05.678Z\"}"));

        Assert.That(spec.Annotations["created"], Is.EqualTo("2024-01-02T03:04:05.678Z"));
    }

    [Test]
    public void Read_Stream_ReadsItAll()
    {
        using MemoryStream stream = new(Documents.Bytes(Documents.Full));

        Assert.That(SpecReader.Read(stream).Linux!.Namespaces, Has.Count.EqualTo(8));
    }

    [Test]
    public void ReadProcess_NamesMembersFromTheDocumentsRoot()
    {
        DocumentException e = Assert.Throws<DocumentException>(() => SpecReader.ReadProcess(Documents.Bytes("""{"args":["a",7]}"""), "p.json"))!;

        Assert.That(e.Message, Is.EqualTo("p.json: args[1]: expected text, found 7; cwd: missing"));
    }

    [Test]
    public void ReadResources_ReadsWhatUpdateIsGiven()
    {
        LinuxResources resources = SpecReader.ReadResources(Documents.Bytes("""{"memory":{"limit":4096},"pids":{"limit":-1}}"""));

        Assert.That(resources.Memory!.Limit, Is.EqualTo(4096));
        Assert.That(resources.Pids!.Limit, Is.EqualTo(-1));
    }
}
