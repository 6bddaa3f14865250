using System.Collections;
using System.Globalization;
using Newtonsoft.Json;

namespace Vessel.Commands.Vessel.Output;

/// <summary>Data as JSON.</summary>
internal static class Json
{
    /// <summary>Without spaces, or indented by four as docker's <c>inspect</c> does.</summary>
    public static string Format(object? value, bool indented = false)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (JsonTextWriter json = new(text) { Formatting = indented ? Formatting.Indented : Formatting.None, Indentation = 4 })
            Write(json, value);
        return text.ToString();
    }

    private static void Write(JsonTextWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(); break;
            case var none when ReferenceEquals(none, Map.NoList) || ReferenceEquals(none, Map.NoMap): json.WriteNull(); break;
            case string text: json.WriteValue(text); break;
            case bool truth: json.WriteValue(truth); break;
            case long number: json.WriteValue(number); break;
            case double number: json.WriteRawValue(Templates.Go.Print(number)); break;
            case int number: json.WriteValue(number); break;
            case Map map:
                json.WriteStartObject();
                foreach ((string name, object? member) in map)
                {
                    json.WritePropertyName(name);
                    Write(json, member);
                }
                json.WriteEndObject();
                break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (object? element in list)
                    Write(json, element);
                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"no data: {value.GetType()}", nameof(value));
        }
    }
}
