using System.Globalization;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>A container's first process: its number, and when it began, since numbers are given again.</summary>
/// <param name="Pid">As our pid namespace has it.</param>
/// <param name="StartTime">Clock ticks after boot (man 5 proc, field 22 of stat).</param>
public readonly record struct InitProcess(int Pid, ulong StartTime)
{
    /// <summary>Looks at a running process; null where there is none.</summary>
    public static InitProcess? Of(int pid) => ReadStat(pid) is { } stat ? new InitProcess(pid, stat.StartTime) : null;

    /// <summary>Whether it is still the same process, and not a zombie.</summary>
    public bool IsAlive => ReadStat(Pid) is { } stat && stat.StartTime == StartTime && stat.State is not ('Z' or 'X');

    /// <summary>Whether it has ended, and its parent hasn't waited for it yet.</summary>
    public bool IsZombie => ReadStat(Pid) is { State: 'Z' } stat && stat.StartTime == StartTime;

    /// <summary>Whether it is still the runtime's own, waiting for <c>start</c>, and not yet the container's program.</summary>
    public bool IsOurs => Files.ReadLink(null, $"/proc/{Pid}/exe") is { } executable
        ? executable.StartsWith("/memfd:vrun:init", StringComparison.Ordinal)
        // An ordinary user may not look into a process that is not dumpable.
        : Files.TryReadText(null, $"/proc/{Pid}/comm", 64) == "vrun:init\n";

    /// <summary>As it is kept on disk.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Pid} {StartTime}\n");

    /// <summary>Reads <see cref="ToText"/>; null for anything else.</summary>
    public static InitProcess? Parse(ReadOnlySpan<char> text)
    {
        int space = text.IndexOf(' ');
        return space > 0 && int.TryParse(text[..space], out int pid) && ulong.TryParse(text[space..].Trim(), out ulong start) ? new(pid, start) : null;
    }

    private static (char State, ulong StartTime)? ReadStat(int pid)
    {
        string? text = Files.TryReadText(null, $"/proc/{pid}/stat", 4096);
        // The name stands in brackets and may hold any character, brackets and spaces too.
        int name = text?.LastIndexOf(')') ?? -1;
        if (name < 0)
            return null;
        ReadOnlySpan<char> rest = text.AsSpan(name + 2);
        char state = rest[0];
        for (int field = 3; field < 22; field++)
            rest = rest[(rest.IndexOf(' ') + 1)..];
        return (state, ulong.Parse(rest[..rest.IndexOf(' ')]));
    }
}
