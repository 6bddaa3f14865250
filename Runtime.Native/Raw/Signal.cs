namespace Vessel.Native.Raw;

/// <summary>Signal numbers (man 7 signal; equal on x86-64 and arm64) and their names.</summary>
public static class Signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGABRT = 6;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGSEGV = 11;
    public const int SIGUSR2 = 12;
    public const int SIGPIPE = 13;
    public const int SIGALRM = 14;
    public const int SIGTERM = 15;
    public const int SIGSTKFLT = 16;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;
    public const int SIGURG = 23;
    public const int SIGXCPU = 24;
    public const int SIGXFSZ = 25;
    public const int SIGVTALRM = 26;
    public const int SIGPROF = 27;
    public const int SIGWINCH = 28;
    public const int SIGIO = 29;
    public const int SIGPWR = 30;
    public const int SIGSYS = 31;

    /// <summary>The highest number: <c>SIGRTMAX</c>.</summary>
    public const int Max = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
    ];

    /// <summary>Reads a signal as people type it: <c>9</c>, <c>KILL</c>, <c>SIGKILL</c>, <c>rtmin+3</c>; false where there is no such signal.</summary>
    public static bool TryParse(string text, out int signal)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out signal))
            return signal is > 0 and <= Max;
        string name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        name = name switch { "CLD" => "CHLD", "POLL" => "IO", "IOT" => "ABRT", _ => name };
        signal = Array.IndexOf(Names, name);
        if (signal > 0)
            return true;
        // The C library keeps the first two real-time signals to itself, so that RTMIN is 34.
        if (name.StartsWith("RTMIN", StringComparison.Ordinal) && TryParseOffset(name[5..], out int above))
            signal = 34 + above;
        else if (name.StartsWith("RTMAX", StringComparison.Ordinal) && TryParseOffset(name[5..], out int below))
            signal = Max + below;
        return signal is >= 34 and <= Max;
    }

    /// <summary>The name with its prefix, such as <c>SIGTERM</c>; <c>signal 40</c> for one without a name.</summary>
    public static string NameOf(int signal) => signal is > 0 and < 32 ? "SIG" + Names[signal] : $"signal {signal}";

    private static bool TryParseOffset(string text, out int offset)
    {
        offset = 0;
        return text.Length == 0 || (text[0] is '+' or '-' && int.TryParse(text, out offset));
    }
}
