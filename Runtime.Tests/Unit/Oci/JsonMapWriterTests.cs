using Newtonsoft.Json;
using NUnit.Framework;
using Vessel.Oci.Json;

namespace Vessel.Tests.Unit.Oci;

/// <summary>What is written is JSON as a well-known writer writes it, character by character.</summary>
public sealed class JsonMapWriterTests
{
    private static string Written(bool indented, Action<JsonMapWriter> members)
    {
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented, members, static (json, m) => m(json));
        return text.ToString();
    }

    private static string Known(string value)
    {
        using StringWriter text = new();
        using JsonTextWriter json = new(text);
        json.WriteValue(value);
        return text.ToString();
    }

    [Test]
    public void EveryCharacter_IsEscapedAsUsual()
    {
        for (int c = 0; c <= char.MaxValue; c++)
        {
            string text = $"a{(char)c}b";
            Assert.That(Written(false, json => json.Always(text, text)), Is.EqualTo($"{{{Known(text)}:{Known(text)}}}"));
        }
    }

    [Test]
    public void Indented_IsAsOtherRuntimesShowIt()
    {
        string text = Written(true, json =>
        {
            json.Always("number", -5);
            json.Always("largest", ulong.MaxValue);
            json.Always("smallest", long.MinValue);
            json.Flag("truth", true);
            json.Object("empty", 0, static (_, _) => { });
            json.Object("object", 0, static (inner, _) => inner.AlwaysList("none", []));
            json.List("list", ["a", "b"]);
            json.AlwaysList("objects", [1, 2], static (inner, n) => inner.Always("n", n));
            json.Raw("raw", "[1,2]");
        });
        Assert.That(text, Is.EqualTo("""
            {
            	"number": -5,
            	"largest": 18446744073709551615,
            	"smallest": -9223372036854775808,
            	"truth": true,
            	"empty": {},
            	"object": {
            		"none": []
            	},
            	"list": [
            		"a",
            		"b"
            	],
            	"objects": [
            		{
            			"n": 1
            		},
            		{
            			"n": 2
            		}
            	],
            	"raw": [1,2]
            }
            """));
    }

    [Test]
    public void Dense_HasNoSpace()
    {
        string text = Written(false, json =>
        {
            json.List("list", [1u, 2u]);
            json.Map("map", new Dictionary<string, string> { ["k"] = "v", ["l"] = "" });
        });
        Assert.That(text, Is.EqualTo("""{"list":[1,2],"map":{"k":"v","l":""}}"""));
    }
}
