using System.Text.Json.Nodes;

namespace Vessel.Tests.Support;

/// <summary>A bundle: its config.json is a JSON tree that a test changes as it likes. It is written when the bundle is first used.</summary>
internal sealed class TestBundle
{
    private static readonly string[] DefaultCapabilities =
    [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE",
        "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    public TestBundle(string folder, string id)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        Id = id;
        Config = new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["process"] = new JsonObject
            {
                ["terminal"] = false,
                ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
                ["args"] = Texts("true"),
                ["env"] = Texts("PATH=/bin:/usr/bin:/sbin:/usr/sbin"),
                ["cwd"] = "/",
                ["capabilities"] = new JsonObject
                {
                    ["bounding"] = Texts(DefaultCapabilities),
                    ["effective"] = Texts(DefaultCapabilities),
                    ["permitted"] = Texts(DefaultCapabilities),
                },
                ["noNewPrivileges"] = true,
            },
            ["root"] = new JsonObject { ["path"] = Fixtures.Busybox, ["readonly"] = true },
            ["hostname"] = "inside",
            ["mounts"] = new JsonArray(
                MountNode("/proc", "proc", "proc"),
                MountNode("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                MountNode("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                MountNode("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
                MountNode("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                MountNode("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro")),
            ["linux"] = new JsonObject
            {
                ["cgroupsPath"] = "/" + id,
                ["resources"] = new JsonObject { ["devices"] = new JsonArray(new JsonObject { ["allow"] = false, ["access"] = "rwm" }) },
                ["namespaces"] = new JsonArray(NamespaceNode("pid"), NamespaceNode("network"), NamespaceNode("ipc"), NamespaceNode("uts"), NamespaceNode("mount")),
                ["maskedPaths"] = Texts("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"),
                ["readonlyPaths"] = Texts("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
            },
        };
    }

    /// <summary>The bundle's folder.</summary>
    public string Folder { get; }

    /// <summary>The container's id.</summary>
    public string Id { get; }

    /// <summary>config.json.</summary>
    public JsonObject Config { get; }

    /// <summary>The root filesystem's folder.</summary>
    public string Rootfs { get; private set; } = Fixtures.Busybox;

    /// <summary>Writes config.json.</summary>
    public TestBundle Save()
    {
        File.WriteAllText(Folder + "/config.json", Config.ToJsonString());
        return this;
    }

    public TestBundle WithArgs(params string[] args) => Set("process.args", Texts(args));

    /// <summary>Runs a script with the container's shell.</summary>
    public TestBundle WithShell(string script) => WithArgs("/bin/sh", "-c", script);

    /// <summary>A root filesystem of the bundle's own, which may be written and poisoned.</summary>
    public TestBundle WithOwnRootfs(bool isReadonly = false)
    {
        Rootfs = Folder + "/rootfs";
        Fixtures.CopyBusybox(Rootfs);
        Set("root.path", "rootfs");
        return Set("root.readonly", isReadonly);
    }

    public TestBundle WithEnv(params string[] variables)
    {
        foreach (string variable in variables)
            Array("process.env").Add((JsonNode)variable);
        return this;
    }

    public TestBundle WithUser(uint uid, uint gid, params uint[] additional)
    {
        Set("process.user.uid", uid).Set("process.user.gid", gid);
        return additional.Length == 0 ? this : Set("process.user.additionalGids", new JsonArray([.. additional.Select(g => (JsonNode)g)]));
    }

    /// <summary>The same capabilities in bounding, effective and permitted.</summary>
    public TestBundle WithCapabilities(params string[] names) =>
        Set("process.capabilities", new JsonObject { ["bounding"] = Texts(names), ["effective"] = Texts(names), ["permitted"] = Texts(names) });

    public TestBundle WithMoreCapabilities(params string[] names)
    {
        foreach (string set in new[] { "bounding", "effective", "permitted" })
            foreach (string name in names)
                Array("process.capabilities." + set).Add((JsonNode)name);
        return this;
    }

    public TestBundle WithMount(string destination, string type, string source, params string[] options)
    {
        Array("mounts").Add(MountNode(destination, type, source, options));
        return this;
    }

    public TestBundle WithoutMount(string destination)
    {
        JsonArray mounts = Array("mounts");
        mounts.Remove(mounts.First(m => (string?)m!["destination"] == destination));
        return this;
    }

    public TestBundle WithNamespace(string type, string? path = null)
    {
        WithoutNamespace(type);
        Array("linux.namespaces").Add(NamespaceNode(type, path));
        return this;
    }

    public TestBundle WithoutNamespace(string type)
    {
        JsonArray namespaces = Array("linux.namespaces");
        if (namespaces.FirstOrDefault(n => (string?)n!["type"] == type) is { } found)
            namespaces.Remove(found);
        return this;
    }

    /// <summary>A user namespace whose ids 0 to 65535 are 100000 and up on the host.</summary>
    public TestBundle WithUserNamespace(uint hostId = 100000, uint count = 65536)
    {
        WithNamespace("user");
        Set("linux.uidMappings", new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = hostId, ["size"] = count }));
        return Set("linux.gidMappings", new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = hostId, ["size"] = count }));
    }

    /// <summary>As an ordinary user may have it: root inside is that user, nothing needs the id of another, and no cgroup is named.</summary>
    public TestBundle ForUser(OrdinaryUser user)
    {
        WithUserNamespace(user.Uid, 1);
        Set("linux.gidMappings", new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = user.Gid, ["size"] = 1 }));
        WithoutMount("/dev/pts").WithMount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        return Remove("linux.cgroupsPath").Remove("linux.resources");
    }

    /// <summary>With the range of ids that root has given the user (the virtual machines' <c>tester</c>).</summary>
    public TestBundle WithRanges(OrdinaryUser user)
    {
        static JsonArray Mapping(uint own) => new(
            new JsonObject { ["containerID"] = 0, ["hostID"] = own, ["size"] = 1 }, new JsonObject { ["containerID"] = 1, ["hostID"] = 100000, ["size"] = 65536 });
        return Set("linux.uidMappings", Mapping(user.Uid)).Set("linux.gidMappings", Mapping(user.Gid));
    }

    public TestBundle WithHook(string kind, string path, string[] args, string[]? env = null, int? timeout = null)
    {
        JsonObject hook = new() { ["path"] = path, ["args"] = Texts(args) };
        if (env is not null)
            hook["env"] = Texts(env);
        if (timeout is not null)
            hook["timeout"] = timeout;
        if (Config["hooks"]?[kind] is null)
            Set("hooks." + kind, new JsonArray());
        Array("hooks." + kind).Add(hook);
        return this;
    }

    /// <summary>A hook that is a line of shell.</summary>
    public TestBundle WithShellHook(string kind, string script, int? timeout = null, params string[] env) =>
        WithHook(kind, "/bin/sh", ["sh", "-c", script], env.Length == 0 ? ["PATH=/usr/bin:/bin"] : env, timeout);

    /// <summary>Puts a value where a path leads: <c>linux.resources.memory</c>. Objects on the way are made.</summary>
    public TestBundle Set(string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        JsonObject at = Config;
        foreach (string name in names[..^1])
            at = (JsonObject)(at[name] ??= new JsonObject());
        at[names[^1]] = value;
        return this;
    }

    public TestBundle Remove(string path)
    {
        string[] names = path.Split('.');
        JsonObject at = Config;
        foreach (string name in names[..^1])
            at = (JsonObject)at[name]!;
        at.Remove(names[^1]);
        return this;
    }

    /// <summary>The list at a path.</summary>
    public JsonArray Array(string path)
    {
        JsonNode at = Config;
        foreach (string name in path.Split('.'))
            at = at[name] ??= new JsonArray();
        return (JsonArray)at;
    }

    public static JsonArray Texts(params string[] texts) => new([.. texts.Select(t => (JsonNode)t)]);

    public static JsonObject MountNode(string destination, string type, string source, params string[] options)
    {
        JsonObject mount = new() { ["destination"] = destination, ["type"] = type, ["source"] = source };
        if (options.Length > 0)
            mount["options"] = Texts(options);
        return mount;
    }

    private static JsonObject NamespaceNode(string type, string? path = null)
    {
        JsonObject node = new() { ["type"] = type };
        if (path is not null)
            node["path"] = path;
        return node;
    }
}
