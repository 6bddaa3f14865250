using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A pseudoterminal of the test's own: the master is what a person's terminal emulator holds.</summary>
internal sealed unsafe class Pty : IDisposable
{
    private const int TIOCSPTLCK = 0x40045431;
    private const int TIOCGPTPEER = 0x5441;
    private const int TIOCSWINSZ = 0x5414;
    private const int TIOCGWINSZ = 0x5413;
    private const int TCGETS = 0x5401;
    private const int EchoBit = 8, CanonicalBit = 2;

    private readonly StringBuilder seen = new();

    public Pty(ushort rows = 24, ushort columns = 80)
    {
        Master = Files.Open(null, "/dev/ptmx", Open.O_RDWR | Open.O_NOCTTY);
        int unlock = 0;
        Check.Ok(Kernel.Call(SYS.ioctl, Master.Number, TIOCSPTLCK, (nint)(&unlock)), "unlock", "pty");
        Slave = new FileDescriptor((int)Check.Ok(Kernel.Call(SYS.ioctl, Master.Number, TIOCGPTPEER, Open.O_RDWR | Open.O_NOCTTY | Open.O_CLOEXEC), "open", "pty peer"));
        Resize(rows, columns);
    }

    /// <summary>Takes a master that a runtime sent.</summary>
    public Pty(FileDescriptor master) => Master = master;

    public FileDescriptor Master { get; }

    public FileDescriptor? Slave { get; }

    /// <summary>All that was printed on it and read by <see cref="WaitFor"/>.</summary>
    public string Seen => seen.ToString();

    /// <summary>Whether it echoes and edits lines: not in raw mode.</summary>
    public bool IsCooked
    {
        get
        {
            uint* mode = stackalloc uint[16];
            Check.Ok(Kernel.Call(SYS.ioctl, Master.Number, TCGETS, (nint)mode), "get mode", "pty");
            return (mode[3] & (EchoBit | CanonicalBit)) == (EchoBit | CanonicalBit);
        }
    }

    public (int Rows, int Columns) Size
    {
        get
        {
            ushort* size = stackalloc ushort[4];
            Check.Ok(Kernel.Call(SYS.ioctl, Master.Number, TIOCGWINSZ, (nint)size), "get size", "pty");
            return (size[0], size[1]);
        }
    }

    public void Resize(ushort rows, ushort columns)
    {
        ushort* size = stackalloc ushort[4] { rows, columns, 0, 0 };
        Check.Ok(Kernel.Call(SYS.ioctl, Master.Number, TIOCSWINSZ, (nint)size), "set size", "pty");
    }

    /// <summary>Types.</summary>
    public void Type(string text) => Files.Write(Master, Encoding.UTF8.GetBytes(text), "pty");

    /// <summary>Reads until <paramref name="text"/> was printed; false when the time is over or the other end is closed.</summary>
    public bool WaitFor(string text, int milliseconds = 15_000)
    {
        byte[] buffer = new byte[4096];
        for (long end = Environment.TickCount64 + milliseconds; ;)
        {
            if (seen.ToString().Contains(text, StringComparison.Ordinal))
                return true;
            long left = end - Environment.TickCount64;
            if (left <= 0 || !Polling.WaitReadable(Master, (int)left))
                return false;
            nint length = Files.TryRead(Master, buffer);
            if (length <= 0)
                return seen.ToString().Contains(text, StringComparison.Ordinal);
            seen.Append(Encoding.UTF8.GetString(buffer, 0, (int)length));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Slave?.Dispose();
        Master.Dispose();
    }
}
