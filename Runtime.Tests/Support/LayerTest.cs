using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A test that unpacks layers, as root.</summary>
[TestFixture, Category("Root")]
public abstract class LayerTest
{
    private Sandbox? box;
    private int folders;

    private protected Sandbox Box => box ?? throw new InvalidOperationException("not set up");

    [SetUp]
    public void PrepareSandbox()
    {
        Require.Root();
        box = new Sandbox();
    }

    [TearDown]
    public void LeaveNothing() => box?.Close();

    /// <summary>A new folder, with nothing in it.</summary>
    private protected string NewFolder()
    {
        string folder = $"{Box.Folder}/l{folders++}/layer";
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Unpacks a layer into a new folder.</summary>
    private protected string Unpack(byte[] tar, FolderOptions? options = null, KernelFeatures? features = null)
    {
        string folder = NewFolder();
        UnpackInto(folder, new MemoryStream(tar), options, features);
        return folder;
    }

    private protected static (LayerResult Result, IReadOnlyList<string> Warnings) UnpackInto(
        string folder, Stream tar, FolderOptions? options = null, KernelFeatures? features = null, LayerLimits? limits = null)
    {
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(root, options, features);
        LayerResult result = LayerReader.Read(tar, target, limits ?? LayerLimits.Default, CancellationToken.None);
        return (result, target.Warnings);
    }
}
