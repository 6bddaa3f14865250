using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>A test of the command <c>vessel</c>, with a data root and a registry of its own.</summary>
[Category("Root")]
public abstract class ImageTest : KernelTest
{
    private LocalRegistry? registry;

    /// <summary>The registry; started when it is first asked for.</summary>
    internal LocalRegistry Registry => registry ??= new LocalRegistry(Directory.CreateDirectory(Box.Folder + "/served").FullName, AsksWho);

    /// <summary>Whether the registry serves only who logs in.</summary>
    protected virtual bool AsksWho => false;

    /// <summary>The data root.</summary>
    protected string DataRoot => Box.Folder + "/data";

    [TearDown]
    public void StopRegistryAndUnmount()
    {
        registry?.Dispose();
        registry = null;
        // Layers stay mounted until they are removed.
        Sandbox.Unmount(DataRoot + "/mounted");
    }

    /// <summary>Calls <c>vessel</c>.</summary>
    internal Outcome Vessel(params string[] arguments) => VesselWith(null, arguments);

    /// <summary>Calls <c>vessel</c> with something to read.</summary>
    internal Outcome VesselWith(byte[]? input, params string[] arguments)
    {
        string program = Path.Combine(Host.ProjectFolder, "out/bin/vessel");
        Require.Path(program, "make build");
        string settings = Box.Folder + "/daemon.json";
        if (!File.Exists(settings))
            File.WriteAllText(settings, registry is null ? "{}" : $"{{\"registry-mirrors\": [\"http://{Registry.Address}\"]}}");
        Launch launch = new(program, ["--data-root", DataRoot, "--config-file", settings, .. arguments]) { Input = input };
        launch.Environment.Add($"DOCKER_CONFIG={Box.Folder}/docker");
        launch.Environment[0] = $"PATH={Box.Folder}/bin:/usr/bin:/bin";
        return launch.Start().Wait();
    }

    /// <summary>All files below a part of the data root.</summary>
    protected string[] Stored(string part) => Directory.Exists($"{DataRoot}/{part}") ? Directory.GetFiles($"{DataRoot}/{part}", "*", SearchOption.AllDirectories) : [];
}
