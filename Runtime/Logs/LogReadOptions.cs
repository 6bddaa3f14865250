namespace Vessel.Logs;

/// <summary>What is read of a log; the flags of <c>docker logs</c>.</summary>
public sealed record LogReadOptions
{
    /// <summary>Waits for more at the end of the log.</summary>
    public bool Follows { get; init; }

    /// <summary>Completes when nobody writes to the log any more: following then ends with the last record. Null follows until it is cancelled.</summary>
    public Task? WriterEnd { get; init; }

    /// <summary>Only the last records, this many of the streams that are read; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Only records of this time and later, in UTC.</summary>
    public DateTime? Since { get; init; }

    /// <summary>Only records of this time and before, in UTC. Following ends with the first later one.</summary>
    public DateTime? Until { get; init; }

    /// <summary>Reads standard output.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Reads standard error.</summary>
    public bool Stderr { get; init; } = true;

    internal bool Has(LogSource stream) => stream == LogSource.Stdout ? Stdout : Stderr;
}
