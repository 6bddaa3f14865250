using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Native.Safe;

/// <summary>A file as a block device (man 4 loop).</summary>
public static unsafe class LoopDevice
{
    private const int Attempts = 64;
    private const int PauseMilliseconds = 5;

    /// <summary>Makes a file a read-only device, which is gone when the last who has it open, or mounted, lets go of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="blockSize">What it is read by.</param>
    /// <param name="device">The device's path.</param>
    /// <param name="opened">Holds the device until it is mounted; null on failure.</param>
    /// <returns>A negated errno on failure.</returns>
    public static nint TryAttach(FileDescriptor file, uint blockSize, out string device, out FileDescriptor? opened)
    {
        device = "";
        opened = null;
        nint control = Files.TryOpen(null, "/dev/loop-control", O_RDWR);
        if (control < 0)
            return control;
        using FileDescriptor controls = new((int)control);
        nint result = -Errno.EBUSY;
        // Between the question and the answer another program may have taken it, or not quite let go of it.
        for (int i = 0; i < Attempts && result is -Errno.EBUSY or -Errno.ENXIO or -Errno.EAGAIN; i++)
        {
            if (i > 0)
                Thread.Sleep(PauseMilliseconds);
            nint number = Kernel.Call(SYS.ioctl, controls.Number, (nint)Loop.LOOP_CTL_GET_FREE);
            if (number < 0)
                return number;
            device = $"/dev/loop{number}";
            result = Files.TryOpen(null, device, O_RDONLY);
            if (result < 0)
                continue;
            FileDescriptor candidate = new((int)result);
            // Not by LO_FLAGS_DIRECT_IO: what was just written is in the page cache, and is read from there in half the time.
            result = Configure(candidate, file, blockSize);
            if (result >= 0)
            {
                opened = candidate;
                return 0;
            }
            candidate.Dispose();
        }
        return result;
    }

    private static nint Configure(FileDescriptor device, FileDescriptor file, uint blockSize)
    {
        loop_config config = new() { fd = (uint)file.Number, block_size = blockSize };
        config.info.lo_flags = Loop.LO_FLAGS_READ_ONLY | Loop.LO_FLAGS_AUTOCLEAR;
        // SAFETY: the kernel reads the structure during the call, and keeps the file, not its number.
        return Kernel.Call(SYS.ioctl, device.Number, (nint)Loop.LOOP_CONFIGURE, (nint)(&config));
    }
}
