using NUnit.Framework;
using Vessel.Oci.Json;

namespace Vessel.Tests.Unit.Oci;

/// <summary>The mapping helper by itself, as a room with a document of its own uses it.</summary>
public sealed class JsonMapReaderTests
{
    private sealed record Lease : ExtensibleRecord
    {
        public required string Owner { get; init; }

        public ulong Serial { get; init; }

        public IReadOnlyDictionary<string, Lease> Children { get; init; } = EmptyMap.Of<Lease>();
    }

    [Test]
    public void ReadAndWrite_ADocumentOfOnesOwn()
    {
        const string Json = """{"owner":"a","serial":18446744073709551615,"children":{"x":{"owner":"b","serial":0,"later":[1]}}}""";

        Lease lease = Read(Json);

        using StringWriter output = new();
        JsonMapWriter.Write(output, indented: false, lease, WriteLease);
        Assert.That(lease.Children["x"].Owner, Is.EqualTo("b"));
        Assert.That(output.ToString(), Is.EqualTo(Json));
    }

    [Test]
    public void Read_WithoutNames_MatchesCaseExactly()
    {
        DocumentException e = Assert.Throws<DocumentException>(() => Read("""{"Owner":"a"}"""))!;

        Assert.That(e.Message, Is.EqualTo("lease.json: owner: missing"));
    }

    [Test]
    public void Read_ErrorsInside_NameTheirPlace()
    {
        DocumentException e = Assert.Throws<DocumentException>(() => Read("""{"owner":"a","children":{"x":{"serial":-1},"y":[]}}"""))!;

        Assert.That(e.Message, Is.EqualTo(
            "lease.json: children.x.serial: -1 is below 0; children.x.owner: missing; children.y: expected an object, found a list"));
    }

    [Test]
    public void Names_FindAndFold()
    {
        string[] all = [.. Enumerable.Range(0, 300).Select(i => $"member{i}"), "Case", ""];
        JsonNames names = new(all);

        Assert.Multiple(() =>
        {
            foreach (string name in all)
            {
                Assert.That(names.Find(name), Is.SameAs(name));
                Assert.That(names.Fold(name.ToUpperInvariant()), Is.SameAs(name));
            }

            Assert.That(names.Find("case"), Is.Null);
            Assert.That(names.Fold("cAsE"), Is.EqualTo("Case"));
            Assert.That(names.Fold("member300"), Is.Null);
            Assert.That(new JsonNames().Find("a"), Is.Null);
        });
    }

    private static Lease Read(string json) => JsonMapReader.Read(Documents.Bytes(json), "lease.json", ReadLease);

    private static Lease? ReadLease(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? owner = null;
        ulong? serial = null;
        IReadOnlyDictionary<string, Lease> children = EmptyMap.Of<Lease>();
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "owner": owner = json.Text(); break;
                case "serial": serial = json.UInt64(); break;
                case "children": children = json.Map(ReadLease); break;
                default: json.Keep(ref others); break;
            }
        }

        return new Lease { Owner = json.Required(owner, "owner"), Serial = serial ?? 0, Children = children, Extensions = others };
    }

    private static void WriteLease(JsonMapWriter json, Lease lease)
    {
        json.Always("owner", lease.Owner);
        json.Always("serial", lease.Serial);
        json.Map("children", lease.Children, WriteLease);
    }
}
