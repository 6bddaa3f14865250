using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Vessel.Native.Safe;

/// <summary>The mode of a terminal, to be put back (man 3 termios).</summary>
public sealed unsafe class TerminalMode
{
    private readonly FileDescriptor terminal;
    private termios saved;

    private TerminalMode(FileDescriptor terminal, termios saved)
    {
        this.terminal = terminal;
        this.saved = saved;
    }

    private delegate void Change(ref termios mode);

    /// <summary>Sets raw mode, as cfmakeraw(3) does; null where the file is no terminal.</summary>
    public static TerminalMode? TrySetRaw(FileDescriptor terminal) => TrySet(terminal, "set raw mode of the terminal", static (ref termios mode) =>
    {
        mode.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        mode.c_oflag &= ~OPOST;
        mode.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        mode.c_cflag &= ~(CSIZE | PARENB);
        mode.c_cflag |= CS8;
        mode.c_cc[VMIN] = 1;
        mode.c_cc[VTIME] = 0;
    });

    /// <summary>What is typed isn't shown, but for the end of the line; null where the file is no terminal.</summary>
    public static TerminalMode? TrySetSilent(FileDescriptor terminal) =>
        TrySet(terminal, "silence the terminal", static (ref termios mode) => mode.c_lflag = (mode.c_lflag & ~ECHO) | ECHONL);

    /// <summary>Lets a terminal print a line's end as the program wrote it, without a carriage return before
    /// it.</summary>
    public static void KeepLineEnds(FileDescriptor terminal) =>
        _ = TrySet(terminal, "set mode of the terminal", static (ref termios mode) => mode.c_oflag &= ~ONLCR);

    /// <summary>Whether a file is a terminal.</summary>
    public static bool IsTerminal(FileDescriptor file)
    {
        termios mode;
        return tcgetattr(file.Number, &mode) == 0;
    }

    private static TerminalMode? TrySet(FileDescriptor terminal, string what, Change change)
    {
        termios mode;
        if (tcgetattr(terminal.Number, &mode) != 0)
            return null;
        TerminalMode result = new(terminal, mode);
        change(ref mode);
        return tcsetattr(terminal.Number, (int)TCSANOW, &mode) == 0 ? result : throw new SyscallException(what, errno);
    }

    /// <summary>Puts the former mode back.</summary>
    public void Restore()
    {
        fixed (termios* mode = &saved)
            // best effort: the terminal may be gone.
            _ = tcsetattr(terminal.Number, (int)TCSANOW, mode);
    }
}
