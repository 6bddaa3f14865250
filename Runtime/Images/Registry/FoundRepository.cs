using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>A repository that a search found.</summary>
/// <param name="Name">As one pulls it.</param>
/// <param name="Description">Its maker's words.</param>
/// <param name="Stars">How many like it.</param>
/// <param name="IsOfficial">Docker itself looks after it.</param>
public sealed record FoundRepository(string Name, string Description, int Stars, bool IsOfficial)
{
    internal static IReadOnlyList<FoundRepository> ReadList(byte[] json) => JsonMapReader.Read(json, "search result", static reader =>
    {
        if (!reader.EnterObject())
            return null;
        IReadOnlyList<FoundRepository> results = [];
        while (reader.NextMember() is { } name)
            if (name == "results")
                results = reader.List(Map);
            else
                reader.Skip();
        return results;
    });

    private static FoundRepository? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? name = null, description = null;
        int? stars = null;
        bool? isOfficial = null;
        while (json.NextMember() is { } member)
            switch (member)
            {
                case "name": name = json.Text(); break;
                case "description": description = json.Text(); break;
                case "star_count": stars = json.Int32(0); break;
                case "is_official": isOfficial = json.Boolean(); break;
                default: json.Skip(); break;
            }
        return new FoundRepository(json.Required(name, "name"), description ?? "", stars ?? 0, isOfficial ?? false);
    }
}
