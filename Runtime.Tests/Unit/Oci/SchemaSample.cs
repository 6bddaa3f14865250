using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vessel.Tests.Unit.Oci;

/// <summary>Makes a document out of a JSON schema: every property that it names, each with a value that is valid and not the default.</summary>
internal sealed class SchemaSample(string folder)
{
    private readonly Dictionary<string, JsonDocument> _files = [];

    /// <summary>Whether property names are written in upper case; the keys of maps never are.</summary>
    public bool IsUpperCase { get; init; }

    public JsonObject Document(string file) => (JsonObject)Value(File(file).RootElement, file, "")!;

    /// <summary>The words that a definition enumerates.</summary>
    public string[] Words(string file, string definition) =>
        [.. File(file).RootElement.GetProperty("definitions").GetProperty(definition).GetProperty("enum").EnumerateArray().Select(word => word.GetString()!)];

    private JsonNode? Value(JsonElement schema, string file, string name)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
            return Referenced(reference.GetString()!, file, name);
        if (schema.TryGetProperty("anyOf", out JsonElement any))
            return Value(any[0], file, name);
        if (schema.TryGetProperty("allOf", out JsonElement all))
            return Merged(all, file, name);
        if (schema.TryGetProperty("enum", out JsonElement words))
            return words[0].GetString();
        return schema.TryGetProperty("type", out JsonElement type) ? OfType(type, schema, file, name) : new JsonObject();
    }

    private JsonNode? OfType(JsonElement type, JsonElement schema, string file, string name) =>
        (type.ValueKind == JsonValueKind.Array ? type[0].GetString() : type.GetString()) switch
        {
            "object" => Object(schema, file, name),
            "array" => new JsonArray(Value(schema.GetProperty("items"), file, name)),
            "boolean" => true,
            "integer" => 1,
            "string" when schema.TryGetProperty("pattern", out JsonElement pattern) => Matching(pattern.GetString()!),
            "string" => Text(name),
            string other => throw new InvalidOperationException($"type {other} in {file}"),
            null => null,
        };

    private JsonObject Object(JsonElement schema, string file, string name)
    {
        JsonObject sample = [];
        // A map in the specification's text and in Go, though the schema lists its keys.
        bool isUpperCase = IsUpperCase && name != "timeOffsets";
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject())
                sample[isUpperCase ? property.Name.ToUpperInvariant() : property.Name] = Value(property.Value, file, property.Name);
        }

        if (schema.TryGetProperty("additionalProperties", out JsonElement others) && others.ValueKind == JsonValueKind.Object)
            sample["some-key"] = Value(others, file, "");
        if (schema.TryGetProperty("patternProperties", out JsonElement patterns))
            sample["some.key"] = Value(patterns.EnumerateObject().First().Value, file, "");
        return sample;
    }

    private JsonNode? Referenced(string reference, string file, string name)
    {
        string[] parts = reference.Split('#');
        string target = parts[0].Length == 0 ? file : parts[0];
        JsonElement schema = File(target).RootElement;
        foreach (string step in parts[1].Split('/', StringSplitOptions.RemoveEmptyEntries))
            schema = schema.GetProperty(step);
        return Value(schema, target, name);
    }

    private JsonObject Merged(JsonElement schemas, string file, string name)
    {
        JsonObject merged = [];
        foreach (JsonElement schema in schemas.EnumerateArray())
        {
            foreach (KeyValuePair<string, JsonNode?> member in (JsonObject)Value(schema, file, name)!)
                merged[member.Key] = member.Value?.DeepClone();
        }

        return merged;
    }

    // Where the schema says no more than "string", the specification's text does.
    private static string Text(string name) => name switch
    {
        "ociVersion" => "1.3.0",
        "type" => "c",
        "access" => "rwm",
        _ => "/" + name,
    };

    private static string Matching(string pattern) => pattern switch
    {
        "^RLIMIT_[A-Z]+$" => "RLIMIT_NOFILE",
        "^[0-9, -]*$" => "0-3",
        "^[1-9][0-9]*[KMG]B$" => "2MB",
        "^[cbup]$" => "c",
        @"^MB:[^\n]*$" => "MB:0=20",
        _ => "MB:" + pattern,
    };

    private JsonDocument File(string name)
    {
        if (!_files.TryGetValue(name, out JsonDocument? document))
            _files[name] = document = JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(folder, name)));
        return document;
    }
}
