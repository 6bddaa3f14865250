using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>A test of the command <c>vessel</c>, with a data root and a registry of its own.</summary>
[Category("Root")]
public abstract class ImageTest : KernelTest
{
    private LocalRegistry? registry;

    /// <summary>The registry; started when it is first asked for.</summary>
    internal LocalRegistry Registry => registry ??= new LocalRegistry(Directory.CreateDirectory(Box.Folder + "/served").FullName, Manners);

    /// <summary>How the registry is to be spoken to.</summary>
    internal virtual RegistryManners Manners => new();

    /// <summary>The data root.</summary>
    protected string DataRoot { get => field ?? Box.Folder + "/data"; set; }

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
        string settings = Box.Folder + "/daemon.json";
        if (!File.Exists(settings))
            File.WriteAllText(settings, registry is null ? "{}" : $"{{\"registry-mirrors\": [\"http://{Registry.Address}\"]}}");
        string[] command = [.. Before, VesselProgram, "--data-root", DataRoot, "--config-file", settings, .. arguments];
        Launch launch = new(command[0], command[1..]) { Input = input };
        launch.Environment.Add($"DOCKER_CONFIG={Box.Folder}/docker");
        launch.Environment[0] = $"PATH={Box.Folder}/bin:/usr/bin:/bin";
        return launch.Start().Wait();
    }

    /// <summary>What is called to call <c>vessel</c>.</summary>
    protected virtual string[] Before => [];

    private static string VesselProgram
    {
        get
        {
            string program = Path.Combine(Host.ProjectFolder, "out/bin/vessel");
            Require.Path(program, "make build");
            return program;
        }
    }

    /// <summary>All files below a part of the data root.</summary>
    protected string[] Stored(string part) => Directory.Exists($"{DataRoot}/{part}") ? Directory.GetFiles($"{DataRoot}/{part}", "*", SearchOption.AllDirectories) : [];
}
