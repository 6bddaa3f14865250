namespace Vessel.Tests.Support;

/// <summary>Root filesystems for containers.</summary>
internal static class Fixtures
{
    private static readonly Lazy<string> BusyboxFolder = new(FindBusybox);

    /// <summary>A small root filesystem of busybox. It is shared: nothing may be written to it.</summary>
    public static string Busybox => BusyboxFolder.Value;

    /// <summary>A copy of <see cref="Busybox"/> that is the caller's own.</summary>
    public static void CopyBusybox(string target) =>
        new Launch(Require.Program("cp", "coreutils"), "-a", Busybox, target).Start().Wait().Succeeded();

    /// <summary>Copies a program that is executed soon. Not by this process: its descriptor of the copy would for a moment be in whatever another test
    /// starts, and the kernel executes no file that somebody may write to (ETXTBSY).</summary>
    public static void CopyProgram(string program, string copy) => new Launch(Require.Program("cp", "coreutils"), "--preserve=mode", program, copy).Start().Wait().Succeeded();

    private static string FindBusybox()
    {
        string made = Path.Combine(Host.ProjectFolder, "out/fixtures/busybox/rootfs");
        if (!File.Exists(made + "/bin/busybox"))
            return MakeBusybox();
        if (IsOpenToAll(made))
            return made;
        // The root of a user namespace is nobody on the host: it must be able to walk to its root filesystem.
        string copy = Path.Combine(TestRun.Folder, "busybox");
        new Launch(Require.Program("cp", "coreutils"), "-a", made, copy).Start().Wait().Succeeded();
        return copy;
    }

    private static bool IsOpenToAll(string path)
    {
        for (DirectoryInfo? folder = new(path); folder is not null; folder = folder.Parent)
            if (!folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;
        return true;
    }

    // Where `rootfs-fixtures/make` has not run: the same, made of the host's own busybox.
    private static string MakeBusybox()
    {
        string busybox = Require.Program("busybox", "busybox-static");
        string rootfs = Path.Combine(TestRun.Folder, "busybox");
        foreach (string folder in new[] { "bin", "dev", "etc", "proc", "root", "sys", "tmp", "home/user" })
            Directory.CreateDirectory(Path.Combine(rootfs, folder));
        CopyProgram(busybox, rootfs + "/bin/busybox");
        foreach (string applet in new Launch(busybox, "--list").Start().Wait().Succeeded().Lines)
            if (applet != "busybox")
                File.CreateSymbolicLink($"{rootfs}/bin/{applet}", "busybox");
        File.WriteAllText(rootfs + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n");
        File.WriteAllText(rootfs + "/etc/group", "root:x:0:\nuser:x:1000:\n");
        Native.Safe.Check.Ok(Native.Safe.Files.TryChangeMode(null, rootfs + "/tmp", 0x3ff), "chmod", "/tmp");
        Native.Safe.Check.Ok(Native.Safe.Files.TryChangeOwner(null, rootfs + "/home/user", 1000, 1000), "chown", "/home/user");
        return rootfs;
    }
}
