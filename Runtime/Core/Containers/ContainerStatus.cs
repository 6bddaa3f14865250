namespace Vessel.Core.Containers;

/// <summary>The states of a container (runtime-spec, "State"), and <c>paused</c>.</summary>
public enum ContainerStatus
{
    /// <summary>A create is under way.</summary>
    Creating,

    /// <summary>All is there but the program: it waits for <c>start</c>.</summary>
    Created,

    /// <summary>The program runs.</summary>
    Running,

    /// <summary>The program runs, and its cgroup is frozen.</summary>
    Paused,

    /// <summary>Its first process is gone, whoever ended it.</summary>
    Stopped,
}
