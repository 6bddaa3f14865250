using System.Text;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>Users as passwd(5) names them.</summary>
public static class UserNames
{
    private const int PasswdLimit = 1 << 20;

    /// <summary>The host's name of a user; the number where it has none.</summary>
    public static string Of(uint uid) => Find(Files.TryReadText(null, "/etc/passwd", PasswdLimit) ?? "", uid, 0) ?? uid.ToString();

    /// <summary>The home folder that an image's own <c>/etc/passwd</c> gives a user; <c>/</c> where it says nothing.</summary>
    /// <remarks>The file is the image's: it is resolved inside the root, must be a regular file, and no more than its first MiB is looked at.</remarks>
    public static string HomeOf(uint uid, FileDescriptor root, KernelFeatures features)
    {
        using FileDescriptor? file = OpenPasswd(root, features);
        if (file is null || (Files.Stat(file).stx_mode & S_IFMT) != S_IFREG)
            return "/";
        byte[] buffer = new byte[4096];
        StringBuilder text = new();
        for (int total = 0, length; total < PasswdLimit && (length = Files.Read(file, buffer, "/etc/passwd")) > 0; total += length)
            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        return Find(text.ToString(), uid, 5) is { Length: > 0 } home && home.StartsWith('/') ? home : "/";
    }

    private static FileDescriptor? OpenPasswd(FileDescriptor root, KernelFeatures features)
    {
        // Not to wait on a fifo (O_NONBLOCK).
        if (features.OpenAt2)
        {
            nint result = Files.TryOpen2(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
            return result < 0 ? null : new FileDescriptor((int)result);
        }
        try
        {
            using FileDescriptor place = Rootfs.TargetResolver.Resolve(root, "/etc/passwd", null);
            nint result = Files.TryOpen(null, $"/proc/self/fd/{place.Number}", O_RDONLY | O_NONBLOCK | O_NOCTTY);
            return result < 0 ? null : new FileDescriptor((int)result);
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    // name:password:uid:gid:gecos:home:shell
    private static string? Find(ReadOnlySpan<char> passwd, uint uid, int field)
    {
        Span<Range> fields = stackalloc Range[8];
        foreach (ReadOnlySpan<char> line in passwd.EnumerateLines())
        {
            int count = line.Split(fields, ':');
            if (count >= 6 && uint.TryParse(line[fields[2]], out uint number) && number == uid)
                return line[fields[field]].ToString();
        }
        return null;
    }
}
