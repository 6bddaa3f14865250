using NUnit.Framework;
using Vessel.Images.Content;
using Vessel.Images.Snapshots;
using Vessel.Images.Store;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite.Layers;

/// <summary>Layers of a store, put together: the same root filesystem whichever form they are in.</summary>
[TestFixture(LayerForm.Folder), TestFixture(LayerForm.Erofs)]
public sealed class SnapshotTests(LayerForm form) : LayerTest(form)
{
    private readonly List<string> roots = [];

    private string DataRoot => Box.Folder + "/data";

    private LayerStore Layers => new(new StoreFolder(DataRoot), Form);

    [TearDown]
    public void UnmountRoots()
    {
        roots.ForEach(Sandbox.Unmount);
        roots.Clear();
        Sandbox.Unmount(DataRoot + "/mounted");
    }

    [Test]
    public void ImpliedFolders_AreWhatTheLayerBelowSays()
    {
        string root = Mount(
            new TarBuilder().Directory("tmp", mode: 0x3ff, uid: 5, time: 7).Directory("opt", mode: 0x1c0).Directory("var", mode: 0x1c0, time: 8).Pax(("SCHILY.xattr.trusted.x", "1")).Directory("var/lib", mode: 0x1ff, gid: 6, time: 9).File("gone/x").Directory("gone", mode: 0x1c0).Link("link", "tmp").File("own/a").Directory("hidden", mode: 0x1c0),
            new TarBuilder().File("tmp/y").File("own/b").File(".wh.gone"),
            new TarBuilder().File("tmp/x").File("opt/.wh..wh..opq").File("var/lib/new/z").File("gone/new").File("link/in").File("own/c").File("hidden/x").Directory("hidden", mode: 0x1ff));
        Assert.That(Tree.Line(root, "tmp"), Is.EqualTo("tmp directory 1777 5:0 7.000000000"));
        Assert.That(Tree.Line(root, "var"), Is.EqualTo("var directory 700 0:0 8.000000000"));
        Assert.That(Tree.Line(root, "var/lib"), Is.EqualTo("var/lib directory 777 0:6 9.000000000 trusted.x=31"));
        Assert.That(Tree.Line(root, "hidden"), Does.StartWith("hidden directory 777 "));
        // Nothing is inherited through what is gone, or is no folder.
        Assert.That(Tree.Line(root, "gone"), Is.EqualTo("gone directory 755 0:0 0.000000000"));
        Assert.That(Tree.Line(root, "opt"), Does.StartWith("opt directory 700 "));
        Assert.That(Tree.Line(root, "own"), Is.EqualTo("own directory 755 0:0 0.000000000"));
        Assert.That(Tree.Line(root, "link"), Does.StartWith("link directory 755 0:0 0."));
        Assert.That(Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(p => p[(root.Length + 1)..]), Is.EquivalentTo(new[]
            { "tmp", "tmp/x", "tmp/y", "opt", "var", "var/lib", "var/lib/new", "var/lib/new/z", "gone", "gone/new", "link", "link/in", "own", "own/a", "own/b", "own/c", "hidden", "hidden/x" }));
    }

    [Test]
    public void ImpliedFolder_InOneThatTheTopmostLayerDescribes_IsInherited()
    {
        string root = Mount(new TarBuilder().Directory("a/b", mode: 0x1c0, uid: 7), new TarBuilder().Directory("a", mode: 0x1ff).File("a/b/x"));
        Assert.That(Tree.Line(root, "a"), Does.StartWith("a directory 777 0:0 "));
        Assert.That(Tree.Line(root, "a/b"), Does.StartWith("a/b directory 700 7:0 "));
    }

    [Test]
    public void Root_IsTheImages()
    {
        string root = Mount(new TarBuilder().Pax(("SCHILY.xattr.trusted.r", "1")).Directory("./", mode: 0x1c9, uid: 3, gid: 4), new TarBuilder().File("x"));
        Assert.That(Tree.Of(root)[0], Does.StartWith(". directory 711 3:4 ").And.EndsWith(" trusted.r=31"));
    }

    [Test]
    public void OpaqueRoot_HidesAllBelow()
    {
        string root = Mount(new TarBuilder().File("a"), new TarBuilder().File(".wh..wh..opq").File("b"), new TarBuilder().File("c"));
        Assert.That(Directory.GetFiles(root).Select(Path.GetFileName), Is.EquivalentTo(new[] { "b", "c" }));
    }

    [Test]
    public void HundredsOfLayers()
    {
        string root = Mount([.. Enumerable.Range(0, 150).Select(i => new TarBuilder().File($"f{i}", $"{i}").File("last", $"{i}"))]);
        Assert.That(Directory.GetFiles(root), Has.Length.EqualTo(151));
        Assert.That(File.ReadAllText(root + "/last"), Is.EqualTo("149"));
    }

    [Test]
    public void InMemory_LayersAreFolders_UnlessImagesAreAskedFor()
    {
        using TemporaryMount _ = TemporaryMount.Tmpfs(Directory.CreateDirectory(Box.Folder + "/memory").FullName);
        Assert.That(new LayerStore(new StoreFolder(Box.Folder + "/memory/data")).Form, Is.EqualTo(LayerForm.Folder));
        Assert.That(new LayerStore(new StoreFolder(Box.Folder + "/memory/data"), Form).Form, Is.EqualTo(Form));
    }

    [Test]
    public void FormsMix()
    {
        Digest other = Add(new TarBuilder().File("a", "one").Directory("d", mode: 0x1ff), Form == LayerForm.Erofs ? LayerForm.Folder : LayerForm.Erofs);
        string root = Mount([other, Add(new TarBuilder().File("b", "two").File("d/x"))]);
        Assert.That(File.ReadAllText(root + "/a") + File.ReadAllText(root + "/b"), Is.EqualTo("onetwo"));
        Assert.That(Tree.Line(root, "d"), Does.StartWith("d directory 777 "));
    }

    [Test]
    public void Programs_AndDevices_Work()
    {
        string tar = Box.Folder + "/busybox.tar";
        new Launch(Require.Program("tar", "tar"), "-C", Fixtures.Busybox, "-cf", tar, ".").Start().Wait().Succeeded();
        TarBuilder top = new TarBuilder().Node('3', "null", 1, 3, mode: 0x1b6);
        string root = Mount([AddBytes(File.ReadAllBytes(tar), Form), Add(top)]);
        Outcome outcome = new Launch(Require.Program("chroot", "coreutils"), root, "/bin/busybox", "sh", "-c", "echo hello > /null && cat /null && echo done > /tmp/out && cat /tmp/out").Start().Wait().Succeeded();
        Assert.That(outcome.Output, Is.EqualTo("done\n"));
    }

    [Test]
    public void Mounts_AreSharedPrivateAndTakenAway()
    {
        Digest layer = Add(new TarBuilder().File("f", "content"));
        string first = Mount([layer]), second = Mount([layer]);
        MountEntry[] mounts = [.. Host.MountsOf("self").Where(m => m.Point.StartsWith(DataRoot + "/mounted", StringComparison.Ordinal))];
        Assert.That(mounts.Select(m => m.Type).Where(t => t == "erofs").Count(), Is.EqualTo(Form == LayerForm.Erofs ? 1 : 0));
        Assert.That(mounts.Select(m => m.Propagation), Is.All.EqualTo(""));
        // No image has it: it goes with the next tidying up, and the roots that lie on it stay.
        Assert.That(string.Join(' ', new ImageStore(DataRoot, Form).CollectGarbage()), Is.EqualTo(layer.ToString()));
        Assert.That(Host.MountsOf("self").Where(m => m.Point.StartsWith(DataRoot + "/mounted/", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(DataRoot + "/mounted").Concat(Directory.GetFileSystemEntries(DataRoot + "/layers/sha256")).Concat(Directory.GetFileSystemEntries(DataRoot + "/layers/making")), Is.Empty);
        if (Form == LayerForm.Erofs)
            Assert.That(File.ReadAllText(first + "/f") + File.ReadAllText(second + "/f"), Is.EqualTo("contentcontent"));
    }

    [Test]
    public void AbandonedMounts_AreTakenAway()
    {
        Digest layer = Add(new TarBuilder().File("f", "content"));
        Layers.Open(layer);
        // As after a kill in the middle of a removal.
        Directory.Delete($"{DataRoot}/layers/sha256/{layer.Hex}", recursive: true);
        new ImageStore(DataRoot, Form).CollectGarbage();
        Assert.That(Directory.GetFileSystemEntries(DataRoot + "/mounted"), Is.Empty);
    }

    [Test]
    public void DamagedLayers_AreFound()
    {
        Digest whole = Add(new TarBuilder().File("f", "content")), damaged = Add(new TarBuilder().File("g", new string('x', 100_000)));
        string path = $"{DataRoot}/layers/sha256/{damaged.Hex}/";
        if (Form == LayerForm.Folder)
            Directory.Delete(path + "fs", recursive: true);
        else
            using (FileStream image = File.OpenWrite(path + "layer.erofs"))
                image.SetLength(50_000);
        StoreCheck check = StoreCheck.Run(new ImageStore(DataRoot, Form), repair: true);
        Assert.That(check.Problems, Is.EqualTo(new[] { $"layer {damaged} is not complete" }));
        Assert.That(Layers.Contains(damaged), Is.False);
        Assert.That(Layers.Contains(whole));
    }

    [Test]
    public void Copy_IsWhatTheOverlayShows()
    {
        Digest[] layers = [.. new[]
        {
            new TarBuilder().Directory("./", mode: 0x1c9, uid: 3).Directory("tmp", mode: 0x3ff, uid: 5, time: 7).Pax(("SCHILY.xattr.trusted.x", "1")).Directory("d", mode: 0x1c0).File("d/a", "a").HardLink("d/b", "d/a").File("gone").Link("l", "d"),
            new TarBuilder().File("tmp/y", "y").File(".wh.gone").Directory("d", mode: 0x1ff).File("l/x", "in a folder of its own"),
            new TarBuilder().File("d/.wh.a").File("tmp/x", "x", mode: 0x9ed),
        }.Select(t => Add(t))];
        string root = Mount(layers), copy = NewFolder();
        RootFilesystem made = RootFilesystem.Copy(Layers, layers, copy);
        Assert.That(made is { Kind: RootKind.Copy, Refusal: null, CopiedBytes: 1 + 1 + 22 + 1 }, made.ToString());
        Tree.AssertSame(Tree.ToCompare(copy), Tree.ToCompare(root), "overlay's");
    }

    [TestCase(false), TestCase(true)]
    public void WhereTheKernelRefuses_ItIsAnOverlayInUserSpace_OrACopy(bool hasFuse)
    {
        Digest[] layers = [Add(new TarBuilder().File("a", "a").Directory("d", mode: 0x1ff).File("d/old").File("gone")), Add(new TarBuilder().File("d/.wh..wh..opq").File("d/b", "b").File(".wh.gone"))];
        // Where an upper folder on an overlay is refused. The layers are on the disk.
        string place = NewFolder();
        RootFilesystem.Mount(Layers, [], place, Directory.CreateDirectory(place + ".changes").FullName);
        roots.Add(place);
        string root = Directory.CreateDirectory(place + "/rootfs").FullName;
        if (hasFuse)
        {
            Require.Program("fuse-overlayfs", "fuse-overlayfs");
            Require.Path("/dev/fuse", "a kernel with FUSE");
        }
        RootFilesystem made = hasFuse ? RootFilesystem.Make(Layers, layers, root, place + "/changes") : RootFilesystem.Copy(Layers, layers, root);
        if (hasFuse)
            roots.Insert(0, root);
        Assert.That(made.Kind, Is.EqualTo(hasFuse ? RootKind.FuseOverlay : RootKind.Copy));
        Assert.That(made.Refusal, hasFuse ? Does.StartWith($"mount overlay on {root}") : Is.Null);
        Assert.That(Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(p => p[(root.Length + 1)..]), Is.EquivalentTo(new[] { "a", "d", "d/b" }));
        File.WriteAllText(root + "/d/new", "new");
        Assert.That(File.ReadAllText(root + "/d/new") + File.ReadAllText(root + "/a"), Is.EqualTo("newa"));
    }

    [Test]
    public void StoreOnAnOverlay_HasMarksByName_AndIsCopied()
    {
        if (Form != LayerForm.Folder)
            return;
        string place = NewFolder();
        RootFilesystem.Mount(Layers, [], place, Directory.CreateDirectory(place + ".changes").FullName);
        roots.Add(place);
        LayerStore inner = new(new StoreFolder(place + "/data"), LayerForm.Folder);
        Digest[] layers = [.. new[] { new TarBuilder().File("gone").Directory("d").File("d/old").File("d/kept"), new TarBuilder().File(".wh.gone").File("d/.wh.old"), new TarBuilder().File("d/.wh..wh..opq").File("d/new") }.Select(t => AddTo(inner, t.End()))];
        Assert.That(layers.All(l => inner.Read(l).HasNamedMarks));
        string root = Directory.CreateDirectory(place + "/root").FullName;
        RootFilesystem made = RootFilesystem.Make(inner, layers, root, place + "/changes");
        Assert.That(made is { Kind: RootKind.Copy, CopiedBytes: 0 }, made.ToString());
        Assert.That(made.Refusal, Does.Contain("marks"));
        Assert.That(Directory.Exists(place + "/changes"), Is.False);
        Assert.That(Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(p => p[(root.Length + 1)..]), Is.EquivalentTo(new[] { "d", "d/new" }));
    }

    [Test]
    public void RecordsOfEarlierStores_AreRead()
    {
        Digest layer = Add(new TarBuilder().File("f", "content"), LayerForm.Folder);
        File.WriteAllText($"{DataRoot}/layers/sha256/{layer.Hex}/layer.json", """{"version":1,"bytes":7,"entries":1}""");
        Assert.That(Layers.Read(layer) is { Bytes: 7, Entries: 1, IsOpaque: false, Form: LayerForm.Folder });
        Assert.That(File.ReadAllText(Mount([layer]) + "/f"), Is.EqualTo("content"));
    }

    private string Mount(params TarBuilder[] layers) => Mount([.. layers.Select(l => Add(l))]);

    private string Mount(Digest[] layers)
    {
        string root = NewFolder();
        RootFilesystem.Mount(Layers, layers, root, Directory.CreateDirectory(root + ".changes").FullName);
        roots.Add(root);
        return root;
    }

    private Digest Add(TarBuilder tar, LayerForm? other = null) => AddBytes(tar.End(), other ?? Form);

    private Digest AddBytes(byte[] tar, LayerForm asked)
    {
        return AddTo(new LayerStore(new StoreFolder(DataRoot), asked), tar);
    }

    private static Digest AddTo(LayerStore layers, byte[] tar)
    {
        Digest diffId = Digest.Of(tar);
        using LayerInMaking making = layers.Begin(diffId);
        making.Unpack(new MemoryStream(tar), CancellationToken.None);
        making.Commit(diffId);
        return diffId;
    }
}
