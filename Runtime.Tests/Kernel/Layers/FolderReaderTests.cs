using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;
using LayerRecord = Vessel.Tests.Support.LayerRecord;

namespace Vessel.Tests.KernelSuite.Layers;

/// <summary>A folder in overlayfs's form as a layer: what a container changed, and what was unpacked.</summary>
public sealed class FolderReaderTests : LayerTest
{
    [Test]
    public void UnpackedLayer_GivesTheSameAgain()
    {
        byte[] tar = new TarBuilder()
            .Directory("./", mode: 0x1c0, uid: 5).Directory("d", mode: 0xfff, uid: 3, gid: 4, time: 7).Pax(("mtime", "5.123456789"), ("SCHILY.xattr.user.a", "1"), ("SCHILY.xattr.security.capability", "\x01\0\0\x02\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0"))
            .File("d/f", "content", mode: 0x9ed).HardLink("a link to it", "d/f").Link("l", "../x").Node('3', "c", 1, 3).Node('4', "b", 7, 1).Node('6', "p")
            .File(".wh.gone").File("d/.wh.gone").File("d/.wh..wh..opq").File("\xff\xfe", "bytes").End();
        string folder = Unpack(tar);
        byte[] read = ReadAsTar(folder);
        Assert.That(Tree.Of(Unpack(read)), Is.EqualTo(Tree.Of(folder)));
        Assert.That(ReadAsTar(Unpack(read)), Is.EqualTo(read), "the same folder is the same tar");
        Assert.That(LayerRecord.Read(read).Lines, Does.Contain("Whiteout gone").And.Contain("Whiteout d/gone").And.Contain("OpaqueMark d").And.Contain("HardLink d/f"));
    }

    [Test]
    public void Changes_OfAnOverlay_AreALayer()
    {
        string below = Unpack(new TarBuilder().Directory("kept", mode: 0x1c0).File("kept/old", "old").File("removed", "x").Directory("replaced").File("replaced/inner", "x").File("mode", "m", mode: 0x1a4).End());
        string root = NewFolder(), changes = NewFolder();
        Directory.CreateDirectory(changes + "/upper");
        Directory.CreateDirectory(changes + "/work");
        Mounts.MountOverlay(root, [below], changes + "/upper", changes + "/work");
        string[] seen;
        try
        {
            const string Script = "rm removed; rm -r replaced; mkdir replaced; echo new > replaced/other; chmod 4711 mode; echo x > kept/new; ln kept/new kept/again; mknod kept/fifo p; truncate -s 3M sparse; setfattr -n user.x -v y kept 2>/dev/null; true";
            new Launch("/bin/sh", "-c", $"cd {root} && {Script}").Start().Wait().Succeeded();
            seen = Tree.ToCompare(root);
        }
        finally
        {
            Sandbox.Unmount(root);
        }
        byte[] tar = ReadAsTar(changes + "/upper");
        Assert.That(LayerRecord.Read(tar).Lines, Does.Contain("Whiteout removed").And.Contain("OpaqueMark replaced").And.Not.Contain("File kept/old"));
        string layer = Unpack(tar), again = NewFolder();
        Mounts.MountOverlay(again, [layer, below], null, null);
        try
        {
            Tree.AssertSame(Tree.ToCompare(again), seen, "what the container saw");
        }
        finally
        {
            Sandbox.Unmount(again);
        }
    }

    [Test]
    public void NamesLikeMarks_OfAContainer_AreNone()
    {
        string upper = NewFolder();
        File.WriteAllText(upper + "/.wh.victim", "");
        Directory.CreateDirectory(upper + "/.wh.folder");
        File.WriteAllText(upper + "/.wh..wh..opq", "");
        File.WriteAllText(upper + "/plain", "");
        Assert.That(LayerRecord.Read(ReadAsTar(upper)).Lines, Is.EqualTo(new[] { "Directory ", "File plain" }));
    }

    [Test]
    public void RedirectsOfOverlay_AreRefused()
    {
        string upper = NewFolder();
        Directory.CreateDirectory(upper + "/moved");
        using (FileDescriptor moved = Files.Open(null, upper + "/moved", Open.O_RDONLY | Open.O_DIRECTORY))
            Check.Ok(Files.TrySetAttribute(moved, "trusted.overlay.redirect", "/etc"u8), "set", "redirect");
        Assert.That(() => ReadAsTar(upper), Throws.TypeOf<LayerException>().With.Message.Contain("`moved`").And.Message.Contain("redirect_dir"));
    }

    [Test]
    public void TooDeepFolders_AreRefused()
    {
        string upper = NewFolder();
        // By relative names, as a container can: no path of all of them together is short enough for the kernel.
        new Launch("/bin/sh", "-c", $"cd {upper} && n=$(printf '%0200d' 0) && for i in $(seq 25); do mkdir $n && cd -P ./$n 2>/dev/null || exit 1; done").Start().Wait();
        Assume.That(Directory.Exists(upper + "/" + new string('0', 200)));
        Assert.That(() => ReadAsTar(upper), Throws.TypeOf<LayerException>().With.Message.Contain("4096"));
    }

    [Test]
    public void AFileThatIsCut_HasItsLength()
    {
        string upper = NewFolder(), file = upper + "/f";
        File.WriteAllText(file, new string('x', 400_000));
        using FileDescriptor root = Files.Open(null, upper, Open.O_RDONLY | Open.O_DIRECTORY);
        using MemoryStream tar = new();
        using TarTarget target = new(tar);
        FolderReader.Read(root, new Cutting(target, file), new FolderReadOptions(), CancellationToken.None);
        LayerRecord record = LayerRecord.Read(tar.ToArray());
        Assert.That(record.DataOf("f"), Is.EqualTo(new string('x', 100) + new string('\0', 399_900)));
    }

    [TestCase(false), TestCase(true)]
    public void Merged_IsWhatOverlayShows(bool namesMarks)
    {
        int stacks = Fuzz.Times(60);
        Random random = new(8);
        int compared = 0;
        for (int stack = 0; stack < stacks; stack++)
        {
            List<(string Folder, byte[][] Implied)> plain = [], marked = [];
            List<string> told = [];
            while (plain.Count < 3)
            {
                byte[] tar = RandomLayer.Next(random);
                if (Layer(tar, new FolderOptions()) is not { } layer)
                    continue;
                plain.Add(layer);
                told.Add(string.Join(", ", LayerRecord.Read(tar).Lines));
                marked.Add(Layer(tar, new FolderOptions { NamesMarks = namesMarks })!.Value);
            }
            string root = NewFolder(), merged = NewFolder(), changes = NewFolder();
            List<string> lowers = [.. Enumerable.Reverse(plain).Select(l => l.Folder)];
            using (InheritedFolders inherited = new(lowers, [.. Enumerable.Reverse(plain).Select(l => l.Implied.AsEnumerable())]))
                if (inherited.Make(changes))
                    lowers.Insert(0, changes);
            // A mark that leads to the root by a link: overlayfs doesn't look there for one, and the copy does.
            if (plain.Exists(l => HidesAll(l.Folder)))
                continue;
            foreach ((string folder, byte[][] implied) in marked)
                Merge(folder, merged, implied, namesMarks);
            Mounts.MountOverlay(root, [.. lowers, NewFolder()], null, null);
            try
            {
                Tree.AssertSame(WithoutRoot(Tree.ToCompare(merged)), WithoutRoot(Tree.ToCompare(root)), $"overlay's, of {string.Join(" | ", told)}");
                compared++;
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOENT)
            {
                // Overlayfs lists a whiteout of what isn't below, in a folder that one layer alone has, and then says that there is no such file.
            }
            finally
            {
                Sandbox.Unmount(root);
            }
        }
        Assert.That(compared, Is.GreaterThan(stacks / 2));
    }

    private static bool HidesAll(string layer)
    {
        using FileDescriptor root = Files.Open(null, layer, Open.O_RDONLY | Open.O_DIRECTORY);
        return Files.TryGetAttribute(root, ".\0"u8.ToArray(), LayerMarks.OverlayTrusted + LayerMarks.OpaqueAttribute, new byte[8]) > 0;
    }

    // The root is the container's own folder.
    private static string[] WithoutRoot(string[] tree) => [.. tree.Where(l => !l.StartsWith(". ", StringComparison.Ordinal))];

    // Null for one that makes no sense, and for one that hides all below: overlayfs doesn't see that.
    private (string Folder, byte[][] Implied)? Layer(byte[] tar, FolderOptions options)
    {
        string folder = NewFolder();
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(root, options);
        try
        {
            LayerResult result = LayerReader.Read(new MemoryStream(tar), target, LayerLimits.Default, CancellationToken.None);
            return result.IsOpaque ? null : (folder, [.. target.Implied.Paths]);
        }
        catch (Exception e) when (e is LayerException or SyscallException)
        {
            return null;
        }
    }

    private static void Merge(string layer, string into, byte[][] implied, bool hasNamedMarks)
    {
        using FileDescriptor from = Files.Open(null, layer, Open.O_RDONLY | Open.O_DIRECTORY), to = Files.Open(null, into, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(to, new FolderOptions { Merges = true });
        FolderReader.Read(from, target, new FolderReadOptions { Implied = implied, HasNamedMarks = hasNamedMarks }, CancellationToken.None);
    }

    private static byte[] ReadAsTar(string folder)
    {
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using MemoryStream tar = new();
        using TarTarget target = new(tar);
        FolderReader.Read(root, target, new FolderReadOptions(), CancellationToken.None);
        return tar.ToArray();
    }

    /// <summary>Cuts a file short between its entry and its data.</summary>
    private sealed class Cutting(ILayerTarget inner, string file) : ILayerTarget
    {
        public IReadOnlyList<string> Warnings => inner.Warnings;

        public ImpliedFolders Implied => inner.Implied;

        public void Add(LayerEntry entry, ILayerData data)
        {
            if (entry.Kind == LayerEntryKind.File)
                using (FileStream stream = File.OpenWrite(file))
                    stream.SetLength(100);
            inner.Add(entry, data);
        }

        public void Complete() => inner.Complete();

        public void Dispose()
        {
        }
    }
}
