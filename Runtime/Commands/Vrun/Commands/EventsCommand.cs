using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Cgroups;
using Vessel.Core.Containers;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class EventsCommand : Command
{
    public override string Name => "events";

    public override string Summary => "display container events such as OOM notifications, cpu, memory, and IO usage statistics";

    public override string Description => "Prints one line of JSON for each event until the container ends: `stats` every --interval, `oom` when the kernel kills a process because memory ran out.";

    public override IReadOnlyList<Option> Options =>
    [
        new("interval", "set the stats collection interval (default: 5s)", "value"),
        new("stats", "display the container's stats then exit"),
    ];

    public override int Execute(Invocation invocation)
    {
        Container container = Find(invocation);
        TimeSpan interval = ParseDuration(invocation.Options.Text("interval") ?? "5s");
        if (interval <= TimeSpan.Zero)
            throw new UsageException("duration interval must be greater than 0");
        CgroupStats stats = container.Stats();
        if (invocation.Options.Has("stats"))
        {
            Invocation.Print(stats.ToEvent(container.Id.Value) + "\n");
            return 0;
        }
        Follow(container, stats, interval);
        return 0;
    }

    private static void Follow(Container container, CgroupStats stats, TimeSpan interval)
    {
        using OomWatch oom = OomWatch.Begin(stats);
        DateTime next = DateTime.UtcNow + interval;
        while (true)
        {
            using ProcessHandle? process = container.State().Pid is > 0 and { } pid ? ProcessHandle.Open(pid) : null;
            if (process is null)
            {
                PrintOom(container, oom);
                return;
            }
            Span<Polling.PollFd> watched = [new() { fd = process.Descriptor?.Number ?? -1, events = Polling.POLLIN }, new() { fd = oom.Number, events = Polling.POLLIN }];
            Polling.Wait(watched, (int)Math.Max(0, (next - DateTime.UtcNow).TotalMilliseconds));
            PrintOom(container, oom);
            if (watched[0].revents != 0)
                return;
            if (DateTime.UtcNow < next)
                continue;
            Invocation.Print(stats.ToEvent(container.Id.Value) + "\n");
            next = DateTime.UtcNow + interval;
        }
    }

    private static void PrintOom(Container container, OomWatch oom)
    {
        if (oom.Take())
            Invocation.Print($"{{\"type\":\"oom\",\"id\":\"{container.Id}\"}}\n");
    }

    // As Go writes durations: 5s, 1m30s, 200ms.
    private static TimeSpan ParseDuration(string text)
    {
        double seconds = 0;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
                i++;
            int unit = i;
            while (i < text.Length && char.IsAsciiLetter(text[i]))
                i++;
            double factor = text[unit..i] switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" => 1e-6, "ns" => 1e-9, _ => 0 };
            if (factor == 0 || !double.TryParse(text[start..unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
                throw new UsageException($"invalid value \"{text}\" for flag -interval: parse error");
            seconds += value * factor;
        }
        return TimeSpan.FromSeconds(seconds);
    }
}
