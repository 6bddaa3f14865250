using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite.Layers;

/// <summary>What only folders can be: made by and for users without rights.</summary>
public sealed class FolderTargetTests : LayerTest
{
    private const string Time = "1234567890.000000000";

    [Test]
    public void UserNamespaces_HaveTheirOwnMarks()
    {
        Require.That(Tree.HasUserAttributes(Box.Folder) || !Host.MountsOf("self").Any(m => m.Point == "/tmp" && m.Type == "tmpfs"), "needs user.* attributes: a tmpfs has them since Linux 6.6");
        string layer = Unpack(new TarBuilder().File("o/.wh..wh..opq").End(), new FolderOptions { UsesUserAttributes = true });
        Assert.That(Tree.Line(layer, "o"), Does.EndWith(" user.overlay.opaque=79"));
    }

    [Test]
    public void OneUser_OwnsEverything()
    {
        string layer = Unpack(new TarBuilder().Directory("d", uid: 5, gid: 5, mode: 0x7ff).File("d/f", "x", uid: 6, gid: 6, mode: 0x9ed).File("e/f").End(), new FolderOptions { KeepsOwner = false });
        Assert.That(Tree.Line(layer, "d"), Is.EqualTo($"d directory 1777 0:0 {Time}"));
        Assert.That(Tree.Line(layer, "d/f"), Does.Contain(" 755 0:0 "));
    }
}
