using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    /// <summary>The mapping of a process, for documents that hold one.</summary>
    public static SpecProcess? Process(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        bool terminal = false, noNewPrivileges = false;
        ConsoleSize? consoleSize = null;
        SpecUser? user = null;
        IReadOnlyList<string> args = [], env = [];
        string? commandLine = null, cwd = null, apparmorProfile = null, selinuxLabel = null;
        LinuxCapabilities? capabilities = null;
        IReadOnlyList<PosixRlimit> rlimits = [];
        int? oomScoreAdj = null;
        Scheduler? scheduler = null;
        LinuxIOPriority? ioPriority = null;
        ExecCpuAffinity? execCpuAffinity = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "terminal": terminal = json.Boolean() ?? false; break;
                case "consoleSize": consoleSize = Size(json); break;
                case "user": user = User(json); break;
                case "args": args = json.TextList(); break;
                case "commandLine": commandLine = json.Text(); break;
                case "env": env = json.TextList(); break;
                case "cwd": cwd = json.AbsolutePath(); break;
                case "capabilities": capabilities = Capabilities(json); break;
                case "rlimits": rlimits = Rlimits(json); break;
                case "noNewPrivileges": noNewPrivileges = json.Boolean() ?? false; break;
                case "apparmorProfile": apparmorProfile = json.Text(); break;
                case "oomScoreAdj": oomScoreAdj = json.Int32(-1000, 1000); break;
                case "scheduler": scheduler = Scheduler(json); break;
                case "selinuxLabel": selinuxLabel = json.Text(); break;
                case "ioPriority": ioPriority = IOPriority(json); break;
                case "execCPUAffinity": execCpuAffinity = CpuAffinity(json); break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecProcess
        {
            Terminal = terminal,
            ConsoleSize = consoleSize,
            User = user ?? SpecUser.Root,
            Args = args,
            CommandLine = commandLine,
            Env = env,
            Cwd = json.Required(cwd, "cwd"),
            Capabilities = capabilities,
            Rlimits = rlimits,
            NoNewPrivileges = noNewPrivileges,
            ApparmorProfile = apparmorProfile,
            OomScoreAdj = oomScoreAdj,
            Scheduler = scheduler,
            SelinuxLabel = selinuxLabel,
            IOPriority = ioPriority,
            ExecCpuAffinity = execCpuAffinity,
            Extensions = others,
        };
    }

    private static ConsoleSize? Size(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        ulong? height = null, width = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "height": height = json.UInt64(); break;
                case "width": width = json.UInt64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new ConsoleSize(json.Required(height, "height"), json.Required(width, "width")) { Extensions = others };
    }

    private static SpecUser? User(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        uint? uid = null, gid = null, umask = null;
        IReadOnlyList<uint> additionalGids = [];
        string? username = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "uid": uid = json.UInt32(); break;
                case "gid": gid = json.UInt32(); break;
                case "umask": umask = json.UInt32(); break;
                case "additionalGids": additionalGids = json.UInt32List(); break;
                case "username": username = json.Text(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecUser
        {
            Uid = uid ?? 0,
            Gid = gid ?? 0,
            Umask = umask,
            AdditionalGids = additionalGids,
            Username = username,
            Extensions = others,
        };
    }

    private static ExecCpuAffinity? CpuAffinity(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? initial = null, final = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "initial": initial = CpuList(json); break;
                case "final": final = CpuList(json); break;
                default: json.Keep(ref others); break;
            }
        }

        return new ExecCpuAffinity { Initial = initial, Final = final, Extensions = others };
    }

    private static string? CpuList(JsonMapReader json) => json.Text(IsCpuList, "a list of CPUs (0-3,7)");

    private static bool IsCpuList(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) && c is not (',' or ' ' or '-'))
                return false;
        }

        return true;
    }
}
