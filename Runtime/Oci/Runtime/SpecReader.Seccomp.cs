using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static LinuxSeccomp? Seccomp(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? defaultAction = null, listenerPath = null, listenerMetadata = null;
        uint? defaultErrnoRet = null;
        IReadOnlyList<string> architectures = [], flags = [];
        IReadOnlyList<LinuxSyscall> syscalls = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "defaultAction": defaultAction = json.OneOf(SpecWords.SeccompActions, "a seccomp action"); break;
                case "defaultErrnoRet": defaultErrnoRet = json.UInt32(); break;
                case "architectures": architectures = json.ListOf(SpecWords.SeccompArchitectures, "a seccomp architecture"); break;
                case "flags": flags = json.ListOf(SpecWords.SeccompFlags, "a seccomp flag"); break;
                case "listenerPath": listenerPath = json.Text(); break;
                case "listenerMetadata": listenerMetadata = json.AnyText(); break;
                case "syscalls": syscalls = json.List(Syscall); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxSeccomp
        {
            DefaultAction = json.Required(defaultAction, "defaultAction"),
            DefaultErrnoRet = defaultErrnoRet,
            Architectures = architectures,
            Flags = flags,
            ListenerPath = listenerPath,
            ListenerMetadata = listenerMetadata,
            Syscalls = syscalls,
            Extensions = others,
        };
    }

    private static LinuxSyscall? Syscall(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string>? names = null;
        string? action = null;
        uint? errnoRet = null;
        IReadOnlyList<LinuxSeccompArg> args = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "names": names = Names(json); break;
                case "action": action = json.OneOf(SpecWords.SeccompActions, "a seccomp action"); break;
                case "errnoRet": errnoRet = json.UInt32(); break;
                case "args": args = json.List(SeccompArg); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxSyscall
        {
            Names = json.Required(names, "names"),
            Action = json.Required(action, "action"),
            ErrnoRet = errnoRet,
            Args = args,
            Extensions = others,
        };
    }

    private static IReadOnlyList<string>? Names(JsonMapReader json)
    {
        if (json.IsNull)
            return null;
        bool isList = json.IsList;
        IReadOnlyList<string> names = json.TextList();
        if (isList && names.Count == 0)
            json.Error("is empty");
        return names;
    }

    private static LinuxSeccompArg? SeccompArg(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        uint? index = null;
        ulong? value = null, valueTwo = null;
        string? op = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                // A system call has six arguments.
                case "index": index = json.UInt32(maximum: 5); break;
                case "value": value = json.UInt64(); break;
                case "valueTwo": valueTwo = json.UInt64(); break;
                case "op": op = json.OneOf(SpecWords.SeccompOperators, "a comparison"); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxSeccompArg(
            json.Required(index, "index"), json.Required(value, "value"), valueTwo ?? 0, json.Required(op, "op"))
        {
            Extensions = others,
        };
    }
}
