namespace Vessel.Logs;

/// <summary>Where a container wrote; the values are those of docker's multiplexed streams.</summary>
public enum LogSource
{
    /// <summary>Standard output, and all that is written to a terminal.</summary>
    Stdout = 1,

    /// <summary>Standard error.</summary>
    Stderr = 2,
}
