using System.Runtime.InteropServices;
using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>ppoll(2) over a few descriptors.</summary>
public static unsafe class Polling
{
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLHUP = 16;

    /// <summary>One descriptor to watch (man 2 poll). A negative number is passed over.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>Waits for one of <paramref name="descriptors"/>; the result is how many have something to tell, 0 when the time is over. -1 milliseconds waits for ever.</summary>
    public static int Wait(Span<PollFd> descriptors, int milliseconds = -1)
    {
        long* time = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000L };
        fixed (PollFd* p = descriptors)
        {
            nint result = Kernel.Call(SYS.ppoll, (nint)p, descriptors.Length, milliseconds < 0 ? 0 : (nint)time, 0, 8);
            return result == -Errno.EINTR ? 0 : (int)Check.Ok(result, "poll");
        }
    }

    /// <summary>Waits until there is something to read, or the other side is gone; false when the time is over.</summary>
    public static bool WaitReadable(FileDescriptor descriptor, int milliseconds)
    {
        long end = Environment.TickCount64 + milliseconds;
        Span<PollFd> one = [new() { fd = descriptor.Number, events = POLLIN }];
        do
            if (Wait(one, milliseconds < 0 ? -1 : (int)Math.Max(0, end - Environment.TickCount64)) > 0)
                return true;
        while (milliseconds < 0 || Environment.TickCount64 < end);
        return false;
    }
}
