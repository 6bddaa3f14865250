using static Vessel.Native.Raw.Mount;

namespace Vessel.Core.Rootfs;

/// <summary>The options of a mount, sorted by what they act on (runtime-spec 1.3, config.md, "Linux mount options"; man 8 mount).</summary>
public sealed record MountOptions
{
    /// <summary>Attributes of the mount to set and to clear: MOUNT_ATTR_…</summary>
    public ulong Set { get; init; }

    public ulong Clear { get; init; }

    /// <summary>The same, for all mounts below as well (<c>rro</c>, <c>rnosuid</c> …).</summary>
    public ulong RecursiveSet { get; init; }

    public ulong RecursiveClear { get; init; }

    /// <summary>Flags of mount(2) that belong to the filesystem: MS_SYNCHRONOUS, MS_DIRSYNC, MS_LAZYTIME, MS_MANDLOCK, MS_SILENT, MS_I_VERSION.</summary>
    public uint FilesystemFlags { get; init; }

    /// <summary>MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE, perhaps with MS_REC, in order.</summary>
    public IReadOnlyList<uint> Propagation { get; init; } = [];

    /// <summary>What is left for the filesystem itself: <c>size=65536k</c>.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    public bool IsBind { get; init; }

    public bool IsRecursive { get; init; }

    public bool IsRemount { get; init; }

    /// <summary>runc's <c>tmpcopyup</c>: a new tmpfs begins with a copy of what it covers.</summary>
    public bool CopyUp { get; init; }

    /// <summary><c>idmap</c> or <c>ridmap</c>.</summary>
    public bool IsIdMapped { get; init; }

    public bool IsIdMappedRecursively { get; init; }

    /// <summary>Whether the mount is to be read-only.</summary>
    public bool IsReadonly => (Set & MOUNT_ATTR_RDONLY) != 0;

    /// <summary>The options by the kernel's names, for people: <c>, MOUNT_ATTR_NOSUID, size=64k</c>.</summary>
    public string Explain()
    {
        List<string> words = [];
        foreach ((ulong flag, string name) in (ReadOnlySpan<(ulong, string)>)
        [
            (MOUNT_ATTR_RDONLY, "RDONLY"), (MOUNT_ATTR_NOSUID, "NOSUID"), (MOUNT_ATTR_NODEV, "NODEV"), (MOUNT_ATTR_NOEXEC, "NOEXEC"),
            (MOUNT_ATTR_NOATIME, "NOATIME"), (MOUNT_ATTR_STRICTATIME, "STRICTATIME"), (MOUNT_ATTR_NODIRATIME, "NODIRATIME"), (MOUNT_ATTR_NOSYMFOLLOW, "NOSYMFOLLOW"),
        ])
        {
            if ((Set & flag) != 0)
                words.Add("MOUNT_ATTR_" + name);
            if ((RecursiveSet & flag) != 0)
                words.Add($"MOUNT_ATTR_{name} (recursively)");
        }
        foreach (uint flag in Propagation)
            words.Add(SetPropagation.NameOf(flag));
        words.AddRange(Data);
        return words.Count == 0 ? "" : ", " + string.Join(", ", words);
    }

    /// <summary>The attributes as flags of mount(2), for kernels without the mount API.</summary>
    public uint LegacyFlags => ToLegacy(Set, MS_STRICTATIME) | FilesystemFlags;

    /// <summary>MOUNT_ATTR_… as MS_…; <paramref name="strictAtime"/> is what "strictatime" becomes.</summary>
    internal static uint ToLegacy(ulong attributes, uint strictAtime)
    {
        uint flags = 0;
        flags |= (attributes & MOUNT_ATTR_RDONLY) != 0 ? MS_RDONLY : 0;
        flags |= (attributes & MOUNT_ATTR_NOSUID) != 0 ? MS_NOSUID : 0;
        flags |= (attributes & MOUNT_ATTR_NODEV) != 0 ? MS_NODEV : 0;
        flags |= (attributes & MOUNT_ATTR_NOEXEC) != 0 ? MS_NOEXEC : 0;
        flags |= (attributes & MOUNT_ATTR_NODIRATIME) != 0 ? MS_NODIRATIME : 0;
        flags |= (attributes & MOUNT_ATTR_NOSYMFOLLOW) != 0 ? MS_NOSYMFOLLOW : 0;
        flags |= (attributes & MOUNT_ATTR__ATIME) switch { MOUNT_ATTR_NOATIME => MS_NOATIME, MOUNT_ATTR_STRICTATIME => strictAtime, _ => 0 };
        return flags;
    }

    /// <summary>Reads the options of one mount. A later option wins over an earlier one.</summary>
    public static MountOptions Parse(IEnumerable<string> options)
    {
        MountOptions result = new();
        List<string>? data = null;
        List<uint>? propagation = null;
        foreach (string option in options)
        {
            if (Known(result, option) is { } known)
                result = known;
            else if (PropagationOf(option) is { } flag)
                (propagation ??= []).Add(flag);
            else if (option.Length > 0)
                (data ??= []).Add(option);
        }
        return result with { Data = data ?? (IReadOnlyList<string>)[], Propagation = propagation ?? (IReadOnlyList<uint>)[] };
    }

    /// <summary>All options that are not the filesystem's own; <c>features</c> tells them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private",
        "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync",
        "tmpcopyup", "unbindable",
    ];

    private static uint? PropagationOf(string option) => option switch
    {
        "private" => MS_PRIVATE,
        "shared" => MS_SHARED,
        "slave" => MS_SLAVE,
        "unbindable" => MS_UNBINDABLE,
        "rprivate" => MS_PRIVATE | MS_REC,
        "rshared" => MS_SHARED | MS_REC,
        "rslave" => MS_SLAVE | MS_REC,
        "runbindable" => MS_UNBINDABLE | MS_REC,
        _ => null,
    };

    private static MountOptions? Known(MountOptions o, string option) => option switch
    {
        "defaults" or "loud" => o,
        "bind" => o with { IsBind = true },
        "rbind" => o with { IsBind = true, IsRecursive = true },
        "remount" => o with { IsRemount = true },
        "tmpcopyup" => o with { CopyUp = true },
        "idmap" => o with { IsIdMapped = true },
        "ridmap" => o with { IsIdMapped = true, IsIdMappedRecursively = true },
        "silent" => o with { FilesystemFlags = o.FilesystemFlags | MS_SILENT },
        "sync" => o with { FilesystemFlags = o.FilesystemFlags | MS_SYNCHRONOUS },
        "async" => o with { FilesystemFlags = o.FilesystemFlags & ~MS_SYNCHRONOUS },
        "dirsync" => o with { FilesystemFlags = o.FilesystemFlags | MS_DIRSYNC },
        "mand" => o with { FilesystemFlags = o.FilesystemFlags | MS_MANDLOCK },
        "nomand" => o with { FilesystemFlags = o.FilesystemFlags & ~MS_MANDLOCK },
        "iversion" => o with { FilesystemFlags = o.FilesystemFlags | MS_I_VERSION },
        "noiversion" => o with { FilesystemFlags = o.FilesystemFlags & ~MS_I_VERSION },
        "lazytime" => o with { FilesystemFlags = o.FilesystemFlags | MS_LAZYTIME },
        "nolazytime" => o with { FilesystemFlags = o.FilesystemFlags & ~MS_LAZYTIME },
        _ => AttributeOf(option) is { } attribute ? o.With(attribute.Set, attribute.Clear, recursive: false)
            : option.Length > 1 && option[0] == 'r' && AttributeOf(option[1..]) is { } recursive ? o.With(recursive.Set, recursive.Clear, recursive: true)
            : null,
    };

    private static (ulong Set, ulong Clear)? AttributeOf(string option) => option switch
    {
        "ro" => (MOUNT_ATTR_RDONLY, 0),
        "rw" => (0, MOUNT_ATTR_RDONLY),
        "nosuid" => (MOUNT_ATTR_NOSUID, 0),
        "suid" => (0, MOUNT_ATTR_NOSUID),
        "nodev" => (MOUNT_ATTR_NODEV, 0),
        "dev" => (0, MOUNT_ATTR_NODEV),
        "noexec" => (MOUNT_ATTR_NOEXEC, 0),
        "exec" => (0, MOUNT_ATTR_NOEXEC),
        "nodiratime" => (MOUNT_ATTR_NODIRATIME, 0),
        "diratime" => (0, MOUNT_ATTR_NODIRATIME),
        "nosymfollow" => (MOUNT_ATTR_NOSYMFOLLOW, 0),
        "symfollow" => (0, MOUNT_ATTR_NOSYMFOLLOW),
        // Times of access are one value of several bits: whatever sets one clears all of them first.
        "noatime" => (MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME),
        "relatime" => (MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        "strictatime" => (MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
        "atime" or "norelatime" or "nostrictatime" => (MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        _ => null,
    };

    /// <summary>The options for a new filesystem: nothing is mounted below it yet, so a recursive attribute is an attribute.</summary>
    public MountOptions OnNewMount() => With(RecursiveSet, RecursiveClear, recursive: false) with { RecursiveSet = 0, RecursiveClear = 0 };

    private MountOptions With(ulong set, ulong clear, bool recursive) => recursive
        ? this with { RecursiveSet = (RecursiveSet & ~clear) | set, RecursiveClear = (RecursiveClear & ~set) | clear }
        : this with { Set = (Set & ~clear) | set, Clear = (Clear & ~set) | clear };
}
