using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vessel.Settings;

/// <summary>The engine's settings: <c>/etc/vessel/daemon.json</c>, with dockerd's keys where they mean the same.</summary>
/// <param name="DataRoot">Where everything that stays is kept; null for the default.</param>
/// <param name="Mirrors"><c>registry-mirrors</c>.</param>
/// <param name="InsecureRegistries"><c>insecure-registries</c>.</param>
/// <param name="ConcurrentDownloads"><c>max-concurrent-downloads</c>.</param>
/// <param name="DownloadAttempts"><c>max-download-attempts</c>.</param>
/// <param name="LayerForm"><c>storage-driver</c>; null for what is best here.</param>
/// <param name="TokenServers"><c>token-servers</c>: registry → hosts that get its credential though they are not its own. dockerd has no such key: it sends it to any.</param>
internal sealed record DaemonSettings(
    string? DataRoot, IReadOnlyList<Uri> Mirrors, IReadOnlyList<string> InsecureRegistries, int? ConcurrentDownloads, int? DownloadAttempts, LayerForm? LayerForm,
    IReadOnlyDictionary<string, IReadOnlyList<string>> TokenServers)
{
    private const string DefaultPath = "/etc/vessel/daemon.json";
    private const int MaximumBytes = 1 << 20;

    private static readonly string[] Keys = ["data-root", "insecure-registries", "max-concurrent-downloads", "max-download-attempts", "registry-mirrors", "storage-driver", "token-servers"];

    /// <summary>Reads them; a default file that isn't there says nothing.</summary>
    /// <exception cref="ImageException">The file is wrong, or one that was named isn't there.</exception>
    public static DaemonSettings Read(string? path)
    {
        string name = path ?? DefaultPath;
        try
        {
            using FileDescriptor? file = path is null ? Files.OpenIfThere(name, Open.O_RDONLY) : Files.Open(null, name, Open.O_RDONLY);
            return file is null ? new DaemonSettings(null, [], [], null, null, null, EmptyMap.Of<IReadOnlyList<string>>()) : JsonMapReader.Read(Files.ReadAll(file, name, MaximumBytes), name, Map);
        }
        catch (Exception e) when (e is DocumentException or SyscallException or InvalidDataException)
        {
            throw new ImageException(ImageErrorKind.Invalid, e.Message, e);
        }
    }

    /// <summary>How registries are reached.</summary>
    public RegistrySettings Registries(ICredentialSource credentials)
    {
        RegistrySettings settings = new() { Mirrors = Mirrors, InsecureRegistries = InsecureRegistries, Credentials = credentials };
        Dictionary<string, IReadOnlyList<string>> tokenServers = new(settings.TokenServers);
        foreach ((string registry, IReadOnlyList<string> hosts) in TokenServers)
            tokenServers[registry] = [.. tokenServers.GetValueOrDefault(registry, []), .. hosts];
        return settings with
        {
            TokenServers = tokenServers,
            MaximumConcurrentDownloads = ConcurrentDownloads ?? settings.MaximumConcurrentDownloads,
            MaximumAttempts = DownloadAttempts ?? settings.MaximumAttempts,
        };
    }

    private static DaemonSettings? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? root = null;
        IReadOnlyList<string> mirrors = [], insecure = [];
        int? downloads = null, attempts = null;
        LayerForm? form = null;
        IReadOnlyDictionary<string, IReadOnlyList<string>> tokenServers = EmptyMap.Of<IReadOnlyList<string>>();
        while (json.NextMember() is { } name)
            switch (name)
            {
                case "data-root": root = json.AbsolutePath(); break;
                case "registry-mirrors": mirrors = json.TextList(); break;
                case "insecure-registries": insecure = json.TextList(); break;
                case "token-servers": tokenServers = json.Map(static hosts => hosts.TextList()); break;
                case "max-concurrent-downloads": downloads = json.Int32(1, 100); break;
                case "max-download-attempts": attempts = json.Int32(1, 100); break;
                case "storage-driver":
                    if (json.AnyText() is { Length: > 0 } driver && (form = FormOf(driver)) is null)
                        json.Error("storage-driver", NoSuchDriver(driver));
                    break;
                default:
                    // A key that is ignored would look like a setting that holds.
                    json.Error(name, $"is not a setting{Nearest.Hint(name, Keys)}; there are {string.Join(", ", Keys)}");
                    json.Skip();
                    break;
            }
        List<Uri> addresses = [];
        foreach (string mirror in mirrors)
            if (Uri.TryCreate(mirror, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
                addresses.Add(address);
            else
                json.Error("registry-mirrors", string.Create(CultureInfo.InvariantCulture, $"\"{mirror}\" is no http or https address"));
        return new DaemonSettings(root, addresses, insecure, downloads, attempts, form, tokenServers);
    }

    /// <summary>What a storage driver is here; null for those that there aren't.</summary>
    public static LayerForm? FormOf(string driver) => driver switch
    {
        "erofs" => Images.Snapshots.LayerForm.Erofs,
        "overlay2" => Images.Snapshots.LayerForm.Folder,
        _ => null,
    };

    /// <summary>What a form of layers is called as a storage driver.</summary>
    public static string DriverOf(LayerForm form) => form == Images.Snapshots.LayerForm.Erofs ? "erofs" : "overlay2";

    /// <summary>The message for a driver that there isn't.</summary>
    public static string NoSuchDriver(string driver) => $"there is no storage driver \"{driver}\": erofs keeps layers as images, overlay2 as directories";
}
