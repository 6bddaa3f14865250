using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecWriter
{
    private static void Seccomp(JsonMapWriter json, LinuxSeccomp seccomp)
    {
        json.Always("defaultAction", seccomp.DefaultAction);
        json.Member("defaultErrnoRet", seccomp.DefaultErrnoRet);
        json.List("architectures", seccomp.Architectures);
        json.List("flags", seccomp.Flags);
        json.Member("listenerPath", seccomp.ListenerPath);
        json.Member("listenerMetadata", seccomp.ListenerMetadata);
        json.List("syscalls", seccomp.Syscalls, Syscall);
    }

    private static void Syscall(JsonMapWriter json, LinuxSyscall syscall)
    {
        json.AlwaysList("names", syscall.Names);
        json.Always("action", syscall.Action);
        json.Member("errnoRet", syscall.ErrnoRet);
        json.List("args", syscall.Args, SeccompArg);
    }

    private static void SeccompArg(JsonMapWriter json, LinuxSeccompArg arg)
    {
        json.Always("index", arg.Index);
        json.Always("value", arg.Value);
        json.Member("valueTwo", arg.ValueTwo == 0 ? null : arg.ValueTwo);
        json.Always("op", arg.Op);
    }
}
