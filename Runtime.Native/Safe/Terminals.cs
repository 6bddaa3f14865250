using System.Runtime.InteropServices;
using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Terminals' sizes and modes (man 4 tty_ioctl).</summary>
public static unsafe class Terminals
{
    private const int TIOCGWINSZ = 0x5413;
    private const int TIOCSWINSZ = 0x5414;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>Gives <paramref name="to"/> the size of <paramref name="from"/>; nothing where that is no terminal.</summary>
    public static void CopySize(FileDescriptor from, FileDescriptor to)
    {
        ulong size = 0;
        // best effort: a pipe has no size.
        if (Kernel.Call(SYS.ioctl, from.Number, TIOCGWINSZ, (nint)(&size)) == 0)
            _ = Kernel.Call(SYS.ioctl, to.Number, TIOCSWINSZ, (nint)(&size));
    }

    /// <summary>Reads and writes answer EAGAIN in place of waiting.</summary>
    public static void SetNonBlocking(FileDescriptor file)
    {
        nint flags = Check.Ok(Kernel.Call(SYS.fcntl, file.Number, F_GETFL), "fcntl", "descriptor");
        Check.Ok(Kernel.Call(SYS.fcntl, file.Number, F_SETFL, flags | Open.O_NONBLOCK), "fcntl", "descriptor");
    }
}

/// <summary>The mode of a terminal, to be put back.</summary>
public sealed unsafe class TerminalMode
{
    private const int TCGETS = 0x5401;
    private const int TCSETS = 0x5402;

    // The kernel's struct termios, which is shorter than the C library's.
    [StructLayout(LayoutKind.Sequential)]
    private struct kernel_termios
    {
        public uint c_iflag, c_oflag, c_cflag, c_lflag;
        public byte c_line;
        public fixed byte c_cc[19];
    }

    private readonly FileDescriptor terminal;
    private kernel_termios saved;

    private TerminalMode(FileDescriptor terminal, kernel_termios saved)
    {
        this.terminal = terminal;
        this.saved = saved;
    }

    /// <summary>Sets raw mode, as cfmakeraw(3) does; null where the file is no terminal.</summary>
    public static TerminalMode? TrySetRaw(FileDescriptor terminal)
    {
        const uint IgnoredInput = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
        const uint OPOST = 0x1, LocalModes = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000; // ISIG ICANON ECHO ECHONL IEXTEN
        const uint CSIZE = 0x30, PARENB = 0x100, CS8 = 0x30;
        const int VTIME = 5, VMIN = 6;
        kernel_termios mode = default;
        if (Kernel.Call(SYS.ioctl, terminal.Number, TCGETS, (nint)(&mode)) != 0)
            return null;
        TerminalMode result = new(terminal, mode);
        mode.c_iflag &= ~IgnoredInput;
        mode.c_oflag &= ~OPOST;
        mode.c_lflag &= ~LocalModes;
        mode.c_cflag = (mode.c_cflag & ~(CSIZE | PARENB)) | CS8;
        mode.c_cc[VMIN] = 1;
        mode.c_cc[VTIME] = 0;
        Check.Ok(Kernel.Call(SYS.ioctl, terminal.Number, TCSETS, (nint)(&mode)), "set raw mode", "terminal");
        return result;
    }

    /// <summary>Puts the former mode back.</summary>
    public void Restore()
    {
        fixed (kernel_termios* mode = &saved)
            // best effort: the terminal may be gone.
            _ = Kernel.Call(SYS.ioctl, terminal.Number, TCSETS, (nint)mode);
    }
}
