using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Debian's containerd in a folder of its own, to compare with.</summary>
internal sealed class Containerd : IDisposable
{
    private const int LongEnough = 300_000;

    private readonly string folder;
    private readonly RunningProgram program;

    /// <summary>Starts it.</summary>
    /// <param name="folder">For all that it keeps.</param>
    public Containerd(string folder)
    {
        this.folder = Directory.CreateDirectory(folder).FullName;
        File.WriteAllText(folder + "/config.toml", $"""
            version = 2
            root = "{folder}/root"
            state = "{folder}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
            [grpc]
            address = "{Socket}"
            [plugins."io.containerd.internal.v1.opt"]
            path = "{folder}/opt"
            """);
        program = new Launch(Require.Program("containerd", "containerd"), "--config", folder + "/config.toml", "--log-level", "error").Start();
        if (!Host.Eventually(() => Call("version").ExitCode == 0))
            throw new InvalidOperationException($"no containerd on {Socket}: {program.Error}");
    }

    private string Socket => folder + "/socket";

    /// <summary>Pulls an image from a registry without TLS, and mounts it on an empty folder, read-only. Whoever mounts takes it away.</summary>
    public void PullAndMount(string image, string target)
    {
        Call("images", "pull", "--plain-http", image).Succeeded();
        Call("images", "mount", image, target).Succeeded();
    }

    public void Dispose()
    {
        program.Signal(Native.Raw.Signal.SIGTERM);
        program.Wait();
    }

    private Outcome Call(params string[] arguments) => new Launch(Require.Program("ctr", "containerd"), ["--address", Socket, .. arguments]).Start().Wait(LongEnough);
}
