using Vessel.Commands.Vessel.Output;
using Vessel.Commands.Vessel.Settings;
using Vessel.Images.Snapshots;
using Vessel.Images.Store;
using Vessel.Oci.Image;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>An image as <c>inspect</c> shows it: the members and the order of the Docker Engine API.</summary>
internal static class ImageDetails
{
    public static Map Of(ImageStore store, Image image)
    {
        ImageConfig config = image.Config;
        Map details = new()
        {
            ["Id"] = image.Id.ToString(),
            ["RepoTags"] = image.Names.Where(n => n.Tag is not null).Select(n => n.FamiliarText).ToList(),
            ["RepoDigests"] = image.Names.Where(n => n.Tag is null).Select(n => n.FamiliarText).ToList(),
            ["Parent"] = "",
            ["Comment"] = config.History.Count > 0 ? config.History[^1].Comment ?? "" : "",
            ["Created"] = config.Created ?? "",
            ["DockerVersion"] = "",
            ["Author"] = config.Author ?? "",
            ["Architecture"] = config.Architecture,
            ["Os"] = config.Os,
            ["Size"] = image.SizeBytes,
            ["GraphDriver"] = new Map
            {
                ["Data"] = new Map { IsOpen = true, ["LowerDir"] = string.Join(':', image.Record.DiffIds.Reverse().Select(store.Layers.TreeOf)) },
                ["Name"] = DriverOf(store, image),
            },
            ["RootFS"] = new Map { ["Type"] = "layers", ["Layers"] = image.Record.DiffIds.Select(d => d.ToString()).ToList() },
            ["Metadata"] = new Map { ["LastTagTime"] = "0001-01-01T00:00:00Z" },
            ["Config"] = ConfigOf(config.Config),
        };
        details.Unsaid["ID"] = details["Id"];
        (details.Unsaid["Variant"], details.Unsaid["OsVersion"], details.Unsaid["VirtualSize"]) = ("", "", 0L);
        if (!string.IsNullOrEmpty(config.Variant))
            details.Insert(details.IndexOf("Os"), "Variant", config.Variant);
        return details;
    }

    // A store may have layers of both.
    private static string DriverOf(ImageStore store, Image image) =>
        DaemonSettings.DriverOf(image.Record.DiffIds.Any(d => store.Layers.Read(d).Form == LayerForm.Erofs) ? LayerForm.Erofs : LayerForm.Folder);

    private static Map ConfigOf(ContainerConfig config)
    {
        Map map = new()
        {
            ["Hostname"] = "",
            ["Domainname"] = "",
            ["User"] = config.User ?? "",
            ["AttachStdin"] = false,
            ["AttachStdout"] = false,
            ["AttachStderr"] = false,
        };
        (map.Unsaid["ExposedPorts"], map.Unsaid["Healthcheck"], map.Unsaid["ArgsEscaped"], map.Unsaid["StopSignal"], map.Unsaid["Shell"]) = (Map.NoMap, null, false, "", Map.NoList);
        if (config.ExposedPorts.Count > 0)
            map.Add("ExposedPorts", Set(config.ExposedPorts));
        map.Add("Tty", false);
        map.Add("OpenStdin", false);
        map.Add("StdinOnce", false);
        map.Add("Env", Nullable(config.Env));
        map.Add("Cmd", Nullable(config.Cmd));
        if (config.Healthcheck is { } check)
            map.Add("Healthcheck", new Map { ["Test"] = check.Test.ToList(), ["Interval"] = check.Interval, ["Timeout"] = check.Timeout, ["StartPeriod"] = check.StartPeriod, ["Retries"] = (long)check.Retries });
        if (config.ArgsEscaped)
            map.Add("ArgsEscaped", true);
        map.Add("Image", "");
        map.Add("Volumes", config.Volumes.Count > 0 ? Set(config.Volumes) : Map.NoMap);
        map.Add("WorkingDir", config.WorkingDir ?? "");
        map.Add("Entrypoint", Nullable(config.Entrypoint));
        map.Add("OnBuild", Nullable(config.OnBuild));
        map.Add("Labels", config.Labels.Count > 0 ? Map.Of(config.Labels) : Map.NoMap);
        if (!string.IsNullOrEmpty(config.StopSignal))
            map.Add("StopSignal", config.StopSignal);
        if (config.Shell.Count > 0)
            map.Add("Shell", config.Shell.ToList());
        return map;
    }

    private static IReadOnlyList<string> Nullable(IReadOnlyList<string> texts) => texts.Count > 0 ? texts : Map.NoList;

    // Go's sets: a map to empty objects.
    private static Map Set(IReadOnlyList<string> names)
    {
        Map map = [];
        foreach (string name in names.Order(StringComparer.Ordinal))
            map.Add(name, new Map());
        return map;
    }
}
