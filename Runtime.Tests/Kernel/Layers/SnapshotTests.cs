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
        Digest diffId = Digest.Of(tar);
        using LayerInMaking making = new LayerStore(new StoreFolder(DataRoot), asked).Begin(diffId);
        making.Unpack(new MemoryStream(tar), CancellationToken.None);
        making.Commit();
        return diffId;
    }
}
