using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Images.Layers.Erofs;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A test that unpacks layers, as root.</summary>
/// <param name="form">What they become: folders, or images that are mounted where the folder would be.</param>
[Category("Root")]
public abstract class LayerTest(LayerForm form = LayerForm.Folder)
{
    private readonly List<string> mounted = [];
    private Sandbox? box;
    private int folders;

    /// <summary>What layers become.</summary>
    private protected LayerForm Form => form;

    private protected Sandbox Box => box ?? throw new InvalidOperationException("not set up");

    [SetUp]
    public void PrepareSandbox()
    {
        Require.Root();
        box = new Sandbox();
        try
        {
            _ = new LayerStore(new(Box.Folder + "/probe"), form).Form;
        }
        catch (Images.ImageException e)
        {
            Require.That(false, $"needs a kernel that mounts erofs images, from files or by loop devices: {e.Message}");
        }
    }

    [TearDown]
    public void LeaveNothing()
    {
        mounted.ForEach(Sandbox.Unmount);
        mounted.Clear();
        box?.Close();
    }

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

    /// <summary>Unpacks a layer so that it is seen in a folder.</summary>
    private protected (LayerResult Result, IReadOnlyList<string> Warnings) UnpackInto(
        string folder, Stream tar, FolderOptions? options = null, KernelFeatures? features = null, LayerLimits? limits = null)
    {
        if (form == LayerForm.Erofs)
        {
            (LayerResult made, ILayerTarget from) = MakeImage(ImageOf(folder), tar, limits);
            MountImage(ImageOf(folder), folder);
            return (made, from.Warnings);
        }
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(root, options, features);
        LayerResult result = LayerReader.Read(tar, target, limits ?? LayerLimits.Default, CancellationToken.None);
        return (result, target.Warnings);
    }

    /// <summary>Makes an image of a layer.</summary>
    private protected static (LayerResult Result, ILayerTarget Target) MakeImage(string path, Stream tar, LayerLimits? limits = null)
    {
        using FileDescriptor file = Files.Open(null, path, Open.O_RDWR | Open.O_CREAT | Open.O_TRUNC, 0x180);
        using ErofsTarget target = new(file, "0123456789abcdef"u8);
        return (LayerReader.Read(tar, target, limits ?? LayerLimits.Default, CancellationToken.None), target);
    }

    /// <summary>Mounts an image until the test ends.</summary>
    private protected void MountImage(string image, string folder, bool usesLoop = false)
    {
        Check.Ok(Mounts.TryOpenErofs(image, out FileDescriptor? mount, usesLoop), "mount", image);
        using (mount)
            Mounts.Attach(mount!, folder);
        mounted.Add(folder);
    }

    /// <summary>The image of a layer that is seen in a folder.</summary>
    private protected static string ImageOf(string folder) => folder + ".erofs";
}
