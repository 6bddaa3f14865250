using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecWriter
{
    /// <summary>The members of a process, for documents that hold one.</summary>
    public static void Process(JsonMapWriter json, SpecProcess process)
    {
        json.Flag("terminal", process.Terminal);
        json.Object("consoleSize", process.ConsoleSize, Size);
        json.Object("user", process.User, User);
        json.List("args", process.Args);
        json.Member("commandLine", process.CommandLine);
        json.List("env", process.Env);
        json.Always("cwd", process.Cwd);
        json.Object("capabilities", process.Capabilities, Capabilities);
        json.List("rlimits", process.Rlimits, Rlimit);
        json.Flag("noNewPrivileges", process.NoNewPrivileges);
        json.Member("apparmorProfile", process.ApparmorProfile);
        json.Member("oomScoreAdj", process.OomScoreAdj);
        json.Object("scheduler", process.Scheduler, Scheduler);
        json.Member("selinuxLabel", process.SelinuxLabel);
        json.Object("ioPriority", process.IOPriority, IOPriority);
        json.Object("execCPUAffinity", process.ExecCpuAffinity, CpuAffinity);
    }

    private static void Size(JsonMapWriter json, ConsoleSize size)
    {
        json.Always("height", size.Height);
        json.Always("width", size.Width);
    }

    private static void User(JsonMapWriter json, SpecUser user)
    {
        json.Always("uid", user.Uid);
        json.Always("gid", user.Gid);
        json.Member("umask", user.Umask);
        json.List("additionalGids", user.AdditionalGids);
        json.Member("username", user.Username);
    }

    private static void Capabilities(JsonMapWriter json, LinuxCapabilities capabilities)
    {
        json.List("bounding", capabilities.Bounding);
        json.List("effective", capabilities.Effective);
        json.List("inheritable", capabilities.Inheritable);
        json.List("permitted", capabilities.Permitted);
        json.List("ambient", capabilities.Ambient);
    }

    private static void Rlimit(JsonMapWriter json, PosixRlimit rlimit)
    {
        json.Always("type", rlimit.Type);
        json.Always("hard", rlimit.Hard);
        json.Always("soft", rlimit.Soft);
    }

    private static void Scheduler(JsonMapWriter json, Scheduler scheduler)
    {
        json.Always("policy", scheduler.Policy);
        json.Member("nice", scheduler.Nice);
        json.Member("priority", scheduler.Priority);
        json.List("flags", scheduler.Flags);
        json.Member("runtime", scheduler.Runtime);
        json.Member("deadline", scheduler.Deadline);
        json.Member("period", scheduler.Period);
    }

    private static void IOPriority(JsonMapWriter json, LinuxIOPriority ioPriority)
    {
        json.Always("class", ioPriority.Class);
        json.Always("priority", ioPriority.Priority);
    }

    private static void CpuAffinity(JsonMapWriter json, ExecCpuAffinity affinity)
    {
        json.Member("initial", affinity.Initial);
        json.Member("final", affinity.Final);
    }
}
