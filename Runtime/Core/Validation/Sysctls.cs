namespace Vessel.Core.Validation;

/// <summary>Kernel parameters of <c>linux.sysctl</c>: only those that belong to a namespace of the container's own.</summary>
public static class Sysctls
{
    private static readonly string[] IpcKeys =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
        "kernel.auto_msgmni", "kernel.sem_next_id", "kernel.msg_next_id", "kernel.shm_next_id",
    ];

    /// <summary>Why <paramref name="key"/> may not be set; null where it may.</summary>
    /// <param name="key">With dots, or with slashes: then dots are part of names.</param>
    /// <param name="value">The text to write.</param>
    /// <param name="ownsIpc">The container has an ipc namespace of its own.</param>
    /// <param name="ownsNetwork">The container has a network namespace of its own.</param>
    /// <param name="ownsUts">The container has a uts namespace of its own.</param>
    public static string? Refusal(string key, string value, bool ownsIpc, bool ownsNetwork, bool ownsUts)
    {
        foreach (char c in key)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '/' or '_' or '-' or '*' or '@' or ':'))
                return "is not the name of a kernel parameter";
        string path = PathOf(key);
        if (path.Split('/').Any(name => name is "" or "." or ".."))
            return "is not the name of a kernel parameter";
        if (value.AsSpan().ContainsAny('\n', '\0'))
            return "its value has more than one line";
        string dotted = path.Replace('/', '.');
        if (Array.IndexOf(IpcKeys, dotted) >= 0 || path.StartsWith("fs/mqueue/", StringComparison.Ordinal))
            return ownsIpc ? null : "needs an ipc namespace of the container's own";
        if (path.StartsWith("net/", StringComparison.Ordinal))
            return ownsNetwork ? null : "needs a network namespace of the container's own";
        if (dotted is "kernel.domainname")
            return ownsUts ? null : "needs a uts namespace of the container's own";
        if (dotted is "kernel.hostname")
            return "is set by the property hostname";
        return "is not in any namespace: it would change the host";
    }

    /// <summary>The path below <c>/proc/sys</c>. As sysctl(8) reads it: where a slash comes first, slashes separate and dots are part of names.</summary>
    public static string PathOf(string key)
    {
        int first = key.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || key[first] == '/')
            return key;
        // Dots separate; a slash then stands for a dot in a name, such as an interface's.
        return key.Replace('/', '\0').Replace('.', '/').Replace('\0', '.');
    }
}
