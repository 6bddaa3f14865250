using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class SpecCommand : Command
{
    private const uint FileMode = 0x1b6; // 0666

    public override string Name => "spec";

    public override string Usage => "";

    public override string Summary => "create a new specification file";

    public override string Description => "Writes config.json for a container that runs `sh` in ./rootfs with an isolated network and few capabilities. It never overwrites a config.json.\n\nEXAMPLE:\n   # mkdir -p bundle/rootfs/bin && cp /bin/busybox bundle/rootfs/bin/sh\n   # vrun spec -b bundle && vrun run -b bundle web1";

    public override IReadOnlyList<Option> Options =>
    [
        new("bundle", "path to the root of the bundle directory", "value", 'b'),
        new("rootless", "generate a configuration for a rootless container"),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override int Execute(Invocation invocation)
    {
        string folder = BundleOptions.NotEmpty(invocation.Options.Text("bundle")) ?? ".";
        using FileDescriptor directory = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        nint result = Files.TryOpen(directory, "config.json", O_WRONLY | O_CREAT | O_EXCL, FileMode);
        if (result == -Errno.EEXIST)
            throw new RuntimeException(ErrorKind.AlreadyExists, "File config.json exists. Remove it first");
        using FileDescriptor file = new((int)Check.Ok(result, "create", $"{folder}/config.json"));
        using StringWriter text = new();
        int version = Core.Cgroups.CgroupHost.Read().Version;
        SpecWriter.Write(invocation.Options.Has("rootless") ? DefaultSpec.Rootless(version) : DefaultSpec.Create(version), text, indented: true);
        Files.Write(file, Encoding.UTF8.GetBytes(text + "\n"), "config.json");
        return 0;
    }
}
