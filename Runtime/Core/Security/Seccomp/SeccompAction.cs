namespace Vessel.Core.Security.Seccomp;

/// <summary><c>SECCOMP_RET_…</c> (linux/seccomp.h): what a filter returns, the action above and its data in the low 16 bits.</summary>
internal static class SeccompAction
{
    public const uint SECCOMP_RET_KILL_PROCESS = 0x8000_0000;
    public const uint SECCOMP_RET_KILL_THREAD = 0x0000_0000;
    public const uint SECCOMP_RET_TRAP = 0x0003_0000;
    public const uint SECCOMP_RET_ERRNO = 0x0005_0000;
    public const uint SECCOMP_RET_USER_NOTIF = 0x7FC0_0000;
    public const uint SECCOMP_RET_TRACE = 0x7FF0_0000;
    public const uint SECCOMP_RET_LOG = 0x7FFC_0000;
    public const uint SECCOMP_RET_ALLOW = 0x7FFF_0000;
    public const uint SECCOMP_RET_ACTION_FULL = 0xFFFF_0000;

    private const uint EPERM = 1;

    // The kernel cuts a larger errno down to MAX_ERRNO; a tracer's data has 16 bits.
    private const uint MaxErrno = 4095;
    private const uint MaxData = 0xFFFF;

    /// <summary>The return value for an action of the profile.</summary>
    /// <param name="action"><c>SCMP_ACT_…</c>.</param>
    /// <param name="errnoRet">The profile's errno; EPERM where an action takes one and none is given.</param>
    /// <param name="field">Where in the specification the action stands, for an error.</param>
    /// <param name="errnoField">The name of the errno's field beside it.</param>
    public static uint Parse(string action, uint? errnoRet, string field, string errnoField)
    {
        uint value = action switch
        {
            "SCMP_ACT_ALLOW" => SECCOMP_RET_ALLOW,
            "SCMP_ACT_ERRNO" => SECCOMP_RET_ERRNO,
            // The oldest name of all means the thread, as in libseccomp.
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SECCOMP_RET_KILL_THREAD,
            "SCMP_ACT_KILL_PROCESS" => SECCOMP_RET_KILL_PROCESS,
            "SCMP_ACT_TRAP" => SECCOMP_RET_TRAP,
            "SCMP_ACT_TRACE" => SECCOMP_RET_TRACE,
            "SCMP_ACT_LOG" => SECCOMP_RET_LOG,
            "SCMP_ACT_NOTIFY" => SECCOMP_RET_USER_NOTIF,
            _ => throw SeccompCompiler.Invalid(field, $"\"{action}\" is not an action"),
        };
        if (value is not (SECCOMP_RET_ERRNO or SECCOMP_RET_TRACE))
        {
            // config-linux.md: "If the action doesn't support an errno code, the runtime MUST print and error and fail."
            return errnoRet is null ? value : throw SeccompCompiler.Invalid(field, $"\"{action}\" takes no {errnoField}");
        }
        uint limit = value == SECCOMP_RET_ERRNO ? MaxErrno : MaxData;
        uint data = errnoRet ?? EPERM;
        return data <= limit ? value | data : throw SeccompCompiler.Invalid(field, $"{errnoField} {data} is above {limit}");
    }
}
