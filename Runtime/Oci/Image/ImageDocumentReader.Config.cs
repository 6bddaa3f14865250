using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Oci.Image;

public static partial class ImageDocumentReader
{
    private static readonly string[] RootFsTypes = ["layers"];

    private static ImageConfig? Config(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? created = null, author = null, architecture = null, variant = null, os = null, osVersion = null;
        IReadOnlyList<string> osFeatures = [];
        ContainerConfig? config = null;
        RootFs? rootFs = null;
        IReadOnlyList<ImageHistory> history = [];
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Config);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "created": created = json.Text(); break;
                case "author": author = json.Text(); break;
                case "architecture": architecture = json.Text(); break;
                case "variant": variant = json.Text(); break;
                case "os": os = json.Text(); break;
                case "os.version": osVersion = json.Text(); break;
                case "os.features": osFeatures = json.TextList(); break;
                case "config": config = ContainerConfig(json); break;
                case "rootfs": rootFs = RootFs(json); break;
                case "history": history = json.List(History); break;
                default: json.Keep(ref others); break;
            }
        }

        return new ImageConfig
        {
            Created = created,
            Author = author,
            Architecture = architecture ?? "",
            Variant = variant,
            Os = os ?? "",
            OsVersion = osVersion,
            OsFeatures = osFeatures,
            Config = config ?? new ContainerConfig(),
            RootFs = json.Required(rootFs, "rootfs"),
            History = history,
            Extensions = others,
        };
    }

    private static ContainerConfig? ContainerConfig(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? user = null, workingDir = null, stopSignal = null;
        IReadOnlyList<string> exposedPorts = [], env = [], entrypoint = [], cmd = [], volumes = [], onBuild = [], shell = [];
        IReadOnlyDictionary<string, string> labels = EmptyMap.Of<string>();
        bool argsEscaped = false;
        Healthcheck? healthcheck = null;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Config);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "User": user = json.Text(); break;
                case "ExposedPorts": exposedPorts = NameSet(json); break;
                case "Env": env = json.TextList(); break;
                case "Entrypoint": entrypoint = Words(json); break;
                case "Cmd": cmd = Words(json); break;
                case "Volumes": volumes = NameSet(json); break;
                case "WorkingDir": workingDir = json.Text(); break;
                case "Labels": labels = json.AnyTextMap(); break;
                case "StopSignal": stopSignal = json.Text(); break;
                case "ArgsEscaped": argsEscaped = json.Boolean() ?? false; break;
                case "Healthcheck": healthcheck = Healthcheck(json); break;
                case "OnBuild": onBuild = json.TextList(); break;
                case "Shell": shell = Words(json); break;
                default: json.Keep(ref others); break;
            }
        }

        return new ContainerConfig
        {
            User = user,
            ExposedPorts = exposedPorts,
            Env = env,
            Entrypoint = entrypoint,
            Cmd = cmd,
            Volumes = volumes,
            WorkingDir = workingDir,
            Labels = labels,
            StopSignal = stopSignal,
            ArgsEscaped = argsEscaped,
            Healthcheck = healthcheck,
            OnBuild = onBuild,
            Shell = shell,
            Extensions = others,
        };
    }

    private static Healthcheck? Healthcheck(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string> test = [];
        long interval = 0, timeout = 0, startPeriod = 0, startInterval = 0;
        int retries = 0;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Config);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "Test": test = json.TextList(); break;
                case "Interval": interval = json.Int64() ?? 0; break;
                case "Timeout": timeout = json.Int64() ?? 0; break;
                case "StartPeriod": startPeriod = json.Int64() ?? 0; break;
                case "StartInterval": startInterval = json.Int64() ?? 0; break;
                case "Retries": retries = json.Int32() ?? 0; break;
                default: json.Keep(ref others); break;
            }
        }

        return new Healthcheck
        {
            Test = test,
            Interval = interval,
            Timeout = timeout,
            StartPeriod = startPeriod,
            StartInterval = startInterval,
            Retries = retries,
            Extensions = others,
        };
    }

    private static RootFs? RootFs(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? type = null;
        IReadOnlyList<Digest>? diffIds = null;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Config);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "type": type = json.OneOf(RootFsTypes, "a kind of root filesystem"); break;
                case "diff_ids": diffIds = DiffIds(json); break;
                default: json.Keep(ref others); break;
            }
        }

        json.Required(type, "type");
        // An image with nothing in it is written without a list by some.
        return new RootFs { DiffIds = diffIds ?? [], Extensions = others };
    }

    private static List<Digest> DiffIds(JsonMapReader json)
    {
        IReadOnlyList<string> texts = json.TextList();
        if (texts.Count > MaximumLayers)
            json.Error($"{texts.Count} entries are more than {MaximumLayers}");
        List<Digest> digests = [];
        foreach (string text in texts)
        {
            // A null where the list had something that is no text, which was reported.
            if (text is not null && !Reference.Digest.TryParse(text, out _, out _))
                json.Error($"[{digests.Count}]", $"{DocumentText.Quote(text)} is not {DigestNoun}");
            digests.Add(Reference.Digest.TryParse(text, out Digest? digest, out _) ? digest : NoDigest);
        }

        return digests;
    }

    private static ImageHistory? History(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? created = null, createdBy = null, author = null, comment = null;
        bool emptyLayer = false;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Config);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "created": created = json.Text(); break;
                case "created_by": createdBy = json.AnyText(); break;
                case "author": author = json.Text(); break;
                case "comment": comment = json.AnyText(); break;
                case "empty_layer": emptyLayer = json.Boolean() ?? false; break;
                default: json.Keep(ref others); break;
            }
        }

        return new ImageHistory
        {
            Created = created,
            CreatedBy = createdBy,
            Author = author,
            Comment = comment,
            EmptyLayer = emptyLayer,
            Extensions = others,
        };
    }

    // Go's map of names to nothing.
    private static IReadOnlyList<string> NameSet(JsonMapReader json) => [.. json.Map(Nothing).Keys];

    private static string Nothing(JsonMapReader json)
    {
        if (json.EnterObject())
            json.Skip();
        return "";
    }

    // Docker takes one word without a list about it, and old images have that.
    private static IReadOnlyList<string> Words(JsonMapReader json) =>
        json.IsList || json.IsNull ? json.TextList() : [json.Text()!];
}
