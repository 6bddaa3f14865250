using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

/// <summary>The reader and writer against the specification's own JSON schema and examples.</summary>
public sealed class SpecSchemaTests
{
    [Test]
    public void Config_EveryPropertyOfTheSchema_IsKnownAndWritten([Values] bool upperCase)
    {
        if (ReferenceData.Folder("runtime-spec") is not { } folder)
            return;
        JsonObject sample = new SchemaSample(folder) { IsUpperCase = upperCase }.Document("config-schema.json");
        JsonObject expected = new SchemaSample(folder).Document("config-schema.json");
        string[] otherPlatforms = ["solaris", "windows", "vm", "zos", "freebsd"];
        foreach (string platform in otherPlatforms)
        {
            // Carried as text, so that their own names are not ours to know.
            sample.Remove(upperCase ? platform.ToUpperInvariant() : platform);
            expected.Remove(platform);
        }

        Spec spec = Documents.Read(sample.ToJsonString());

        Assert.That(UnknownMembers(spec, "spec"), Is.Empty);
        AssertSame(expected, Documents.Write(spec));
    }

    [Test]
    public void Config_OtherPlatforms_AreCarried()
    {
        if (ReferenceData.Folder("runtime-spec") is not { } folder)
            return;
        JsonObject sample = new SchemaSample(folder).Document("config-schema.json");

        AssertSame(sample, Documents.Write(Documents.Read(sample.ToJsonString())));
    }

    [Test]
    public void State_EveryPropertyOfTheSchema_IsKnownAndWritten()
    {
        if (ReferenceData.Folder("runtime-spec") is not { } folder)
            return;
        JsonObject sample = new SchemaSample(folder).Document("state-schema.json");

        State state = StateReader.Read(Documents.Bytes(sample.ToJsonString()));

        using StringWriter output = new();
        StateWriter.Write(state, output);
        Assert.That(UnknownMembers(state, "state"), Is.Empty);
        AssertSame(sample, output.ToString());
    }

    [Test]
    public void Features_EveryPropertyOfTheSchema_IsWritten()
    {
        if (ReferenceData.Folder("runtime-spec") is not { } folder)
            return;
        JsonObject sample = new SchemaSample(folder).Document("features-schema.json");
        sample.Remove("annotations");

        JsonNode written = JsonNode.Parse(FeaturesTests.Write(FeaturesTests.Full))!;

        Assert.That(MembersOf(written), Is.SupersetOf(MembersOf(sample)));
    }

    [Test]
    public void Words_AreThoseOfTheSchema()
    {
        if (ReferenceData.Folder("runtime-spec") is not { } folder)
            return;
        SchemaSample schema = new(folder);

        Assert.Multiple(() =>
        {
            Assert.That(SpecWords.Namespaces, Is.EquivalentTo(schema.Words("defs-linux.json", "NamespaceType")));
            Assert.That(SpecWords.Propagations, Is.SupersetOf(schema.Words("defs-linux.json", "RootfsPropagation")));
            Assert.That(SpecWords.SeccompActions, Is.EquivalentTo(schema.Words("defs-linux.json", "SeccompAction")));
            Assert.That(SpecWords.SeccompOperators, Is.EquivalentTo(schema.Words("defs-linux.json", "SeccompOperators")));
            Assert.That(SpecWords.SeccompFlags, Is.EquivalentTo(schema.Words("defs-linux.json", "SeccompFlag")));
            Assert.That(SpecWords.SeccompArchitectures, Is.EquivalentTo(schema.Words("defs-linux.json", "SeccompArch")));
            Assert.That(SpecWords.SchedulerPolicies, Is.EquivalentTo(schema.Words("defs-linux.json", "SchedulerPolicy")));
            Assert.That(SpecWords.SchedulerFlags, Is.EquivalentTo(schema.Words("defs-linux.json", "SchedulerFlag")));
            Assert.That(SpecWords.MemoryPolicyModes, Is.EquivalentTo(schema.Words("defs-linux.json", "MemoryPolicyMode")));
            Assert.That(SpecWords.MemoryPolicyFlags, Is.EquivalentTo(schema.Words("defs-linux.json", "MemoryPolicyFlag")));
            Assert.That(SpecWords.Personalities, Is.EquivalentTo(schema.Words("defs-linux.json", "PersonalityDomain")));
        });
    }

    [Test]
    public void GoodExamples_AreTakenAndSurvive()
    {
        if (ReferenceData.Folder("runtime-spec/test") is not { } folder)
            return;
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "config", "good")))
        {
            // The large example says 0.5.0-dev, a version with other rules; all else in it is of today's.
            string json = File.ReadAllText(file).Replace("\"0.5.0-dev\"", "\"1.0.0\"", StringComparison.Ordinal);
            Spec spec = SpecReader.Read(Documents.Bytes(json), file);
            // It also has a member that versions since 1.0 have moved into process.
            Assert.That(UnknownMembers(spec, "spec"), Is.SubsetOf(new[] { "spec.Linux.Resources.oomScoreAdj" }));
            Assert.That(Documents.Write(Documents.Read(Documents.Write(spec))), Is.EqualTo(Documents.Write(spec)));
        }

        foreach (string file in Directory.GetFiles(Path.Combine(folder, "state", "good")))
            Assert.That(() => StateReader.Read(File.ReadAllBytes(file), file), Throws.Nothing);
    }

    [Test]
    public void BadExamples_AreRefused()
    {
        if (ReferenceData.Folder("runtime-spec/test") is not { } folder)
            return;
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "config", "bad")))
            Assert.That(() => SpecReader.Read(File.ReadAllBytes(file), file), Throws.TypeOf<DocumentException>(), file);
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "state", "bad")))
            Assert.That(() => StateReader.Read(File.ReadAllBytes(file), file), Throws.TypeOf<DocumentException>(), file);
    }

    private static void AssertSame(JsonObject expected, string written)
    {
        Assert.That(JsonNode.DeepEquals(expected, JsonNode.Parse(written)), $"expected {expected.ToJsonString()}\nwritten  {written}");
    }

    private static IEnumerable<string> MembersOf(JsonNode? node) => node is JsonObject map
        ? map.SelectMany(member => MembersOf(member.Value).Select(inner => $"{member.Key}.{inner}").Prepend(member.Key))
        : [];

    private static IEnumerable<string> UnknownMembers(object? value, string path)
    {
        if (value is ExtensibleRecord { Extensions: { } extensions })
        {
            foreach (string name in extensions.Keys)
                yield return $"{path}.{name}";
        }

        IEnumerable<(string Name, object? Value)> inner = value switch
        {
            null or string => [],
            IDictionary map => map.Keys.Cast<object>().Select(key => ($"{key}", map[key])),
            IEnumerable list => list.Cast<object?>().Select((element, i) => ($"{i}", element)),
            ExtensibleRecord => value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.Name != nameof(ExtensibleRecord.Extensions))
                .Select(property => (property.Name, property.GetValue(value))),
            _ => [],
        };
        foreach ((string name, object? member) in inner)
        {
            foreach (string unknown in UnknownMembers(member, $"{path}.{name}"))
                yield return unknown;
        }
    }
}
