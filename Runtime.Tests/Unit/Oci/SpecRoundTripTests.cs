using System.Text.Json;
using NUnit.Framework;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

public sealed class SpecRoundTripTests
{
    [Test]
    public void Write_AfterRead_GivesTheSameDocument([Values] bool indented)
    {
        string written = Documents.Write(Documents.Read(Documents.Full), indented);

        using JsonDocument before = JsonDocument.Parse(Documents.Full);
        using JsonDocument after = JsonDocument.Parse(written);
        Assert.That(JsonElement.DeepEquals(before.RootElement, after.RootElement), written);
        Assert.That(OrderOf(after.RootElement), Is.EqualTo(OrderOf(before.RootElement)), "members keep the specification's order");
    }

    [Test]
    public void Write_Indented_LooksLikeGo()
    {
        Spec spec = Documents.Read("""{"ociVersion":"1.0.0","process":{"cwd":"/","args":["a","b"]},"root":{"path":"r"},"mounts":[{"destination":"/m"}]}""");

        Assert.That(Documents.Write(spec, indented: true), Is.EqualTo("""
            {
            	"ociVersion": "1.0.0",
            	"process": {
            		"user": {
            			"uid": 0,
            			"gid": 0
            		},
            		"args": [
            			"a",
            			"b"
            		],
            		"cwd": "/"
            	},
            	"root": {
            		"path": "r"
            	},
            	"mounts": [
            		{
            			"destination": "/m"
            		}
            	]
            }
            """));
    }

    [Test]
    public void Write_EmptyValues_AreLeftOut()
    {
        Spec spec = Documents.Read("""
            {"ociVersion":"1.0.0","hostname":"","mounts":[],"annotations":{},"linux":{"cgroupsPath":"","resources":{"unified":{},"cpu":{}}}}
            """);

        Assert.That(Documents.Write(spec), Is.EqualTo("""{"ociVersion":"1.0.0","linux":{"resources":{"cpu":{}}}}"""));
    }

    [Test]
    public void Write_UnknownMembers_SurviveAsTheyStood()
    {
        const string Json = """
            {
                "ociVersion": "1.3.0", "future": { "a" : [1.50, 1e400, "\u00e9"] },
                "process": { "cwd": "/", "x.process": null, "user": {"later": "yes"} },
                "mounts": [{"destination": "/a", "propagation": "x"}, {"destination": "/b", "n": 12345678901234567890123}],
                "linux": {"resources": {"memory": {"zswap": 0}}, "namespaces": [{"type": "pid", "id": {}}]}
            }
            """;

        Spec spec = Documents.Read(Json);
        Spec again = Documents.Read(Documents.Write(spec, indented: true));

        foreach (Spec read in new[] { spec, again })
        {
            Assert.Multiple(() =>
            {
                Assert.That(read.Extensions!["future"], Is.EqualTo("""{ "a" : [1.50, 1e400, "\u00e9"] }"""));
                Assert.That(read.Process!.Extensions!["x.process"], Is.EqualTo("null"));
                Assert.That(read.Process.User.Extensions!["later"], Is.EqualTo("\"yes\""));
                Assert.That(read.Mounts[0].Extensions!["propagation"], Is.EqualTo("\"x\""));
                Assert.That(read.Mounts[1].Extensions!["n"], Is.EqualTo("12345678901234567890123"));
                Assert.That(read.Linux!.Resources!.Memory!.Extensions!["zswap"], Is.EqualTo("0"));
                Assert.That(read.Linux.Namespaces[0].Extensions!["id"], Is.EqualTo("{}"));
            });
        }
    }

    [TestCase("\n")]
    [TestCase("\r\n")]
    [TestCase("\r")]
    public void Read_UnknownMembersOnManyLines_AreFoundWhateverEndsALine(string lineEnd)
    {
        // Long enough that Newtonsoft's reader moves its buffer several times.
        string members = string.Join("," + lineEnd, Enumerable.Range(0, 400).Select(i => $"  \"x{i}\" :{lineEnd}   [ {i},{lineEnd}{{}} ]"));

        Spec spec = Documents.Read(Documents.With(members));

        Assert.That(spec.Extensions, Has.Count.EqualTo(400));
        for (int i = 0; i < 400; i++)
            Assert.That(spec.Extensions![$"x{i}"], Is.EqualTo($"[ {i},{lineEnd}{{}} ]"));
    }

    [Test]
    public void Read_CharactersOfAnyLength_ArriveWhole()
    {
        // Every alignment of one-, two-, three- and four-byte characters to the blocks in which the reader takes the text.
        for (int offset = 0; offset < 9; offset++)
        {
            string value = new string('a', offset) + string.Concat(Enumerable.Repeat("é€\U0001F680z", 2000));

            Spec spec = Documents.Read(Documents.With($"\"hostname\":\"{value}\",\"unknown\":\"{value}\""));

            Assert.That(spec.Hostname, Is.EqualTo(value));
            Assert.That(spec.Extensions!["unknown"], Is.EqualTo($"\"{value}\""));
        }
    }

    private static List<string> OrderOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => [.. element.EnumerateObject().SelectMany(p => OrderOf(p.Value).Prepend(p.Name))],
        JsonValueKind.Array => [.. element.EnumerateArray().SelectMany(OrderOf)],
        _ => [],
    };
}
