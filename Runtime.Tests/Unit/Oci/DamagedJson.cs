using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vessel.Tests.Unit.Oci;

/// <summary>Documents as accidents and attackers make them of good ones.</summary>
internal static class DamagedJson
{
    /// <summary>With a few characters removed, put in, exchanged or repeated; mostly no JSON any more.</summary>
    public static string WithDamagedText(string json, Random random)
    {
        const string Characters = "{}[]\",:\\/'0123456789-+.eEtrufalsn \n\t\r\0\u00a0x\ud800";
        StringBuilder text = new(json);
        for (int i = random.Next(1, 4); i > 0 && text.Length > 0; i--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 30), text.Length - at)); break;
                case 1: text.Insert(at, Characters[random.Next(Characters.Length)]); break;
                case 2: text[at] = Characters[random.Next(Characters.Length)]; break;
                case 3: text.Insert(at, json.AsSpan(random.Next(json.Length - 40), random.Next(40))); break;
                default: text.Length = Math.Max(at, 1); break;
            }
        }

        return text.ToString();
    }

    /// <summary>JSON still, with some values that are others.</summary>
    public static string WithExchangedValues(string json, Random random)
    {
        JsonNode root = JsonNode.Parse(json)!;
        for (int i = random.Next(1, 4); i > 0; i--)
            Exchange(root, random);
        return root.ToJsonString();
    }

    public static bool IsJson(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Documents.Bytes(json));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Exchange(JsonNode root, Random random)
    {
        List<JsonNode> containers = [];
        Collect(root, containers);
        switch (containers[random.Next(containers.Count)])
        {
            case JsonObject { Count: > 0 } map:
                map[map.ElementAt(random.Next(map.Count)).Key] = Value(random);
                break;
            case JsonArray { Count: > 0 } list:
                list[random.Next(list.Count)] = Value(random);
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> containers)
    {
        if (node is JsonObject or JsonArray)
            containers.Add(node);
        if (node is JsonObject map)
        {
            foreach (KeyValuePair<string, JsonNode?> member in map)
                Collect(member.Value, containers);
        }
        else if (node is JsonArray list)
        {
            foreach (JsonNode? element in list)
                Collect(element, containers);
        }
    }

    private static JsonNode? Value(Random random) => random.Next(13) switch
    {
        0 => null,
        1 => JsonValue.Create(true),
        2 => JsonValue.Create(""),
        3 => JsonValue.Create("/a\0b"),
        4 => JsonValue.Create(new string('a', random.Next(2000))),
        5 => JsonValue.Create(random.NextInt64(long.MinValue, long.MaxValue)),
        6 => JsonValue.Create(ulong.MaxValue),
        7 => JsonValue.Create(1.5),
        8 => new JsonArray(null, JsonValue.Create(1)),
        9 => new JsonObject { ["type"] = 1, ["path"] = new JsonArray(), ["X"] = null },
        10 => JsonNode.Parse("-" + new string('9', 60)),
        11 => JsonValue.Create("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        _ => JsonValue.Create("SCMP_ACT_ALLOW"),
    };
}
