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

    /// <summary>How many columns a terminal has; 0 where it is none, or nobody knows.</summary>
    public static int ColumnsOf(FileDescriptor terminal)
    {
        // Rows, columns, and two more, of 16 bits each.
        ulong size = 0;
        return Kernel.Call(SYS.ioctl, terminal.Number, TIOCGWINSZ, (nint)(&size)) == 0 ? (ushort)(size >> 16) : 0;
    }

    /// <summary>Reads and writes answer EAGAIN in place of waiting.</summary>
    public static void SetNonBlocking(FileDescriptor file)
    {
        nint flags = Check.Ok(Kernel.Call(SYS.fcntl, file.Number, F_GETFL), "fcntl", "descriptor");
        Check.Ok(Kernel.Call(SYS.fcntl, file.Number, F_SETFL, flags | Open.O_NONBLOCK), "fcntl", "descriptor");
    }
}
