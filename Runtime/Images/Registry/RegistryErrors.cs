using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>The body of a registry's error (distribution-spec, "Error Codes").</summary>
/// <param name="Text">For people: <c>manifest unknown: no such tag; …</c>.</param>
internal sealed record RegistryErrors(string Text)
{
    private const int Shown = 300;

    public static RegistryErrors? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string> errors = [];
        while (json.NextMember() is { } name)
            if (name == "errors")
                errors = json.List(One);
            else
                json.Skip();
        string text = string.Join("; ", errors.Where(e => e.Length > 0));
        return new RegistryErrors(new string([.. (text.Length > Shown ? text[..Shown] + "…" : text).Where(c => !char.IsControl(c))]));
    }

    private static string? One(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string code = "", message = "";
        while (json.NextMember() is { } name)
            switch (name)
            {
                case "code": code = json.AnyText() ?? ""; break;
                case "message": message = json.AnyText() ?? ""; break;
                default: json.Skip(); break;
            }
        string kind = code.Replace('_', ' ').ToLowerInvariant();
        return message.Length == 0 || message.Equals(kind, StringComparison.OrdinalIgnoreCase) ? kind : $"{kind}: {message}";
    }
}
