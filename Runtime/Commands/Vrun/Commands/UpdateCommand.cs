using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class UpdateCommand : Command
{
    public override string Name => "update";

    public override string Summary => "update container resource constraints";

    public override string Description => "Limits that no option names stay as they are. With --resources all other options are ignored; the file has the form of `linux.resources` in a config.json.\n\nEXAMPLE:\n   # vrun update --memory 512m web1\n   # echo '{\"pids\": {\"limit\": 100}}' | vrun update -r - web1";

    public override IReadOnlyList<Option> Options =>
    [
        new("resources", "path to the file containing the resources to update or '-' to read from the standard input", "value", 'r'),
        new("blkio-weight", "Specifies per cgroup weight, range is from 10 to 1000", "value"),
        new("cpu-period", "CPU CFS period to be used for hardcapping (in usecs). 0 to use system default", "value"),
        new("cpu-quota", "CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period", "value"),
        new("cpu-burst", "CPU CFS hardcap burst limit (in usecs). Allowed accumulated cpu time additionally for burst a given period", "value"),
        new("cpu-share", "CPU shares (relative weight vs. other containers)", "value"),
        new("cpu-rt-period", "CPU realtime period to be used for hardcapping (in usecs). 0 to use system default", "value"),
        new("cpu-rt-runtime", "CPU realtime hardcap limit (in usecs). Allowed cpu time in a given period", "value"),
        new("cpu-idle", "set cgroup SCHED_IDLE or not, 0: default behavior, 1: SCHED_IDLE", "value"),
        new("cpuset-cpus", "CPU(s) to use", "value"),
        new("cpuset-mems", "Memory node(s) to use", "value"),
        new("memory", "Memory limit (in bytes; k, m, g, t may follow)", "value"),
        new("memory-reservation", "Memory reservation or soft_limit (in bytes)", "value"),
        new("memory-swap", "Total memory usage (memory + swap); set '-1' to enable unlimited swap", "value"),
        new("pids-limit", "Maximum number of pids allowed in the container; -1 for no limit", "value"),
    ];

    public override int Execute(Invocation invocation)
    {
        Container container = Find(invocation);
        container.Update(invocation.Host, invocation.Options.Text("resources") is { Length: > 0 } path ? ReadFile(invocation.Log, path) : ReadOptions(invocation.Options));
        return 0;
    }

    private static LinuxResources ReadFile(RunLog log, string path)
    {
        using FileDescriptor file = path == "-" ? new FileDescriptor(Files.Duplicate(0)) : Files.Open(null, path, Native.Raw.Open.O_RDONLY);
        List<string> unknown = [];
        LinuxResources resources = SpecReader.ReadResources(Files.ReadAll(file, path, Bundle.ConfigLimit), path == "-" ? "standard input" : path, unknown);
        log.WarnOfUnknown(unknown);
        return resources;
    }

    private static LinuxResources ReadOptions(ParsedOptions options) => new()
    {
        Cpu = new LinuxCpu
        {
            Shares = Unsigned(options, "cpu-share"),
            Quota = options.Number("cpu-quota"),
            Burst = Unsigned(options, "cpu-burst"),
            Period = Unsigned(options, "cpu-period"),
            RealtimeRuntime = options.Number("cpu-rt-runtime"),
            RealtimePeriod = Unsigned(options, "cpu-rt-period"),
            Idle = options.Number("cpu-idle"),
            Cpus = options.Text("cpuset-cpus"),
            Mems = options.Text("cpuset-mems"),
        },
        Memory = new LinuxMemory
        {
            Limit = Bytes(options, "memory"),
            Reservation = Bytes(options, "memory-reservation"),
            Swap = Bytes(options, "memory-swap"),
        },
        BlockIO = options.Number("blkio-weight") is > 0 and { } weight ? new LinuxBlockIO { Weight = (ushort)Math.Min(weight, ushort.MaxValue) } : null,
        Pids = options.Number("pids-limit") is { } pids and not 0 ? new LinuxPids(pids) : null,
    };

    private static ulong? Unsigned(ParsedOptions options, string name) => options.Number(name) switch
    {
        null => null,
        < 0 => throw new UsageException($"invalid value for {name}: it is below 0"),
        { } value => (ulong)value,
    };

    // As go-units reads them: 512m, 1g, -1.
    private static long? Bytes(ParsedOptions options, string name)
    {
        if (options.Text(name) is not { Length: > 0 } text)
            return null;
        string digits = text.TrimEnd('b', 'B', 'i');
        long factor = char.ToLowerInvariant(digits.Length == 0 ? ' ' : digits[^1]) switch { 'k' => 1L << 10, 'm' => 1L << 20, 'g' => 1L << 30, 't' => 1L << 40, _ => 1 };
        if (factor != 1)
            digits = digits[..^1];
        if (!long.TryParse(digits, out long value) || value > long.MaxValue / factor || (value < 0 && value != -1))
            throw new UsageException($"invalid value for {name}: invalid size: '{text}'");
        return value == -1 ? -1 : value * factor;
    }
}
