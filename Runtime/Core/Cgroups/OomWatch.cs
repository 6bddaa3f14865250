using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Cgroups;

/// <summary>Tells when the kernel kills a process of a container for want of memory: by an eventfd on v1; on v2 by inotify, when a count in <c>memory.events</c> has changed.</summary>
public sealed class OomWatch : IDisposable
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;


    private readonly FileDescriptor? events;
    private readonly FileDescriptor? control;
    private readonly CgroupStats? counts;
    private ulong kills;

    private OomWatch(FileDescriptor? events, FileDescriptor? control, CgroupStats? counts)
    {
        this.events = events;
        this.control = control;
        this.counts = counts;
        kills = Kills();
    }

    /// <summary>The descriptor to watch for something to read; -1 where the host cannot tell.</summary>
    public int Number => events?.Number ?? -1;

    /// <summary>Begins to watch.</summary>
    public static OomWatch Begin(CgroupStats stats)
    {
        if (stats.FindFile("memory.events") is { } counts)
            return new OomWatch(Files.WatchChanges(counts), null, stats);
        if (stats.FindFile("memory.oom_control") is not { } file)
            return new OomWatch(null, null, null);
        FileDescriptor eventfd = new((int)Check.Ok(Kernel.Call(SYS.eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
        FileDescriptor control = Files.Open(null, file, O_RDONLY);
        string registration = $"{eventfd.Number} {control.Number}";
        Check.Ok(Files.TryWriteText(null, file.Replace("memory.oom_control", "cgroup.event_control"), registration), "watch", file);
        return new OomWatch(eventfd, control, null);
    }

    /// <summary>Whether it happened since the last call. The end of the cgroup wakes the watcher too, and is no such event.</summary>
    public bool Take()
    {
        if (counts is not null)
            return TakeCount();
        Span<byte> count = stackalloc byte[8];
        if (events is null || Files.TryRead(events, count) != count.Length)
            return false;
        Span<byte> state = stackalloc byte[256];
        return control is not null && Files.TryRead(control, state) >= 0;
    }

    // The file changes for other reasons too.
    private bool TakeCount()
    {
        Span<byte> records = stackalloc byte[512];
        while (Files.TryRead(events!, records) > 0)
        {
        }
        ulong now = Kills();
        bool happened = now > kills;
        kills = Math.Max(kills, now);
        return happened;
    }

    private ulong Kills() => counts?.Keyed("memory.events").GetValueOrDefault("oom_kill") ?? 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        events?.Dispose();
        control?.Dispose();
    }
}
