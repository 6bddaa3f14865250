using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>What one test has for itself: a folder, a state root, names. When it ends, nothing of it may be left.</summary>
internal sealed class Sandbox
{
    private readonly System.Text.RegularExpressions.Regex mine;
    private int bundles;

    public Sandbox()
    {
        Name = $"{TestRun.Prefix}n{TestRun.NextBox()}";
        mine = Leftovers.NameOf(Name);
        Folder = Directory.CreateDirectory($"{TestRun.Folder}/{Name}").FullName;
        StateRoot = Folder + "/state";
    }

    /// <summary>The prefix of the test's containers and cgroups. A longer number does not begin with it: names go on with a letter.</summary>
    public string Name { get; }

    /// <summary>The test's folder.</summary>
    public string Folder { get; }

    /// <summary>What is passed as <c>--root</c>.</summary>
    public string StateRoot { get; set; }

    /// <summary>The next bundle of this test, with an id of its own.</summary>
    public TestBundle NewBundle()
    {
        char letter = (char)('a' + bundles % 26);
        string suffix = $"{letter}{(bundles < 26 ? "" : (bundles / 26).ToString())}";
        bundles++;
        return new TestBundle($"{Folder}/{suffix}", $"{Name}{suffix}");
    }

    /// <summary>The user that the runtime is called as; null for root.</summary>
    public OrdinaryUser? User { get; private set; }

    /// <summary>From here on the test, and its folder, are an ordinary user's.</summary>
    public void ActAs(OrdinaryUser user)
    {
        User = user;
        GiveAway(Folder);
    }

    /// <summary>Gives a folder with all that is in it to the test's user.</summary>
    public void GiveAway(string folder) => new Launch(Require.Program("chown", "coreutils"), "-hR", $"{User!.Uid}:{User.Gid}", folder).Start().Wait().Succeeded();

    /// <summary>A call of the runtime, as the test's user.</summary>
    public Launch Command(params IEnumerable<string> arguments) => User is null
        ? RuntimeUnderTest.Command(StateRoot, arguments)
        : new Launch(OrdinaryUser.Runtime, ["--root", StateRoot, .. arguments]) { Filter = OldKernelFilter.Wanted, User = User };

    /// <summary>Calls the runtime and waits for its end.</summary>
    public Outcome Call(params string[] arguments) => Command(arguments).Start().Wait();

    /// <summary>All that is left of the test.</summary>
    public IReadOnlyList<string> Left()
    {
        List<string> left = [.. Leftovers.Of(Folder, mine)];
        if (Directory.Exists(StateRoot))
            foreach (string entry in Directory.GetFileSystemEntries(StateRoot))
                left.Add($"state {entry}");
        return left;
    }

    /// <summary>Removes the test's containers with <c>delete -f</c>, as a user would.</summary>
    public void DeleteContainers()
    {
        if (!Directory.Exists(StateRoot))
            return;
        foreach (string container in Directory.GetDirectories(StateRoot))
            Call("delete", "--force", Path.GetFileName(container));
    }

    /// <summary>Ends and removes whatever is left, by hand.</summary>
    public void Clean()
    {
        DeleteContainers();
        foreach (string cgroup in Leftovers.Cgroups(mine))
            TryThaw(cgroup);
        foreach (int pid in Leftovers.Processes(Folder, mine))
            Kernel.Call(SYS.kill, pid, Signal.SIGKILL);
        foreach (MountEntry mount in Host.MountsOf("self").Where(m => m.Point.StartsWith(Folder + "/", StringComparison.Ordinal)).Reverse())
            Unmount(mount.Point);
        foreach (string cgroup in Leftovers.Cgroups(mine))
            RemoveCgroup(cgroup);
        RemoveFolder(Folder);
    }

    /// <summary>Takes away a mount that the test itself made.</summary>
    public static unsafe void Unmount(string path)
    {
        fixed (byte* p = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
            _ = Kernel.Call(SYS.umount2, (nint)p, Mount.MNT_DETACH);
    }

    /// <summary>Removes a cgroup and those below it, as soon as nothing is in them.</summary>
    public static void RemoveCgroup(string path)
    {
        if (!Directory.Exists(path))
            return;
        foreach (string below in Directory.GetDirectories(path))
            RemoveCgroup(below);
        Host.Eventually(() => Files.TryRemove(null, path, Open.AT_REMOVEDIR) is 0 or -Errno.ENOENT, 2000);
    }

    /// <summary>The end of the test: asserts that nothing is left, unless it failed before; then removes everything.</summary>
    public void Close()
    {
        bool failed = TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed;
        IReadOnlyList<string> left = [];
        if (!failed)
        {
            // A process that was just killed needs a moment to be gone.
            Host.Eventually(() => (left = Left()).Count == 0, 1500);
        }
        Clean();
        Assert.That(left, Is.Empty, "left behind by the test");
    }

    // With the cgroups below: a test may have frozen one of those.
    private static void TryThaw(string cgroup)
    {
        foreach ((string file, string thawed) in new[] { ("freezer.state", "THAWED"), ("cgroup.freeze", "0") })
            if (File.Exists($"{cgroup}/{file}"))
                Files.TryWriteText(null, $"{cgroup}/{file}", thawed);
        foreach (string below in Directory.GetDirectories(cgroup))
            TryThaw(below);
    }

    private static void RemoveFolder(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        // Folders that a user namespace or a test made unreadable are still root's to remove.
        new Launch("/bin/rm", "-rf", "--one-file-system", folder).Start().Wait();
    }
}
