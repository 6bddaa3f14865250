using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Real images, made by three tools of Debian's packages: pulled, bundled, run, and compared name by name with what others unpack.</summary>
public sealed class FixtureImageTests : ImageTest
{
    private const int ProbablyEnoughKib = 6 << 20;
    private const int LongEnough = 300_000;

    private readonly List<string> mounts = [];
    private TemporaryMount? memory;

    internal override RegistryManners Manners => new() { Images = Images };

    /// <summary>Where whatever is unpacked goes: into memory, where that is to be had, since a disk's own pace is nothing to wait for here.</summary>
    private string Place => Box.Folder + "/place";

    private static string Images
    {
        get
        {
            string images = Path.Combine(Host.ProjectFolder, "out/fixtures/images/registry");
            Require.Path(images, "rootfs-fixtures/make images");
            return images;
        }
    }

    [SetUp]
    public void PreparePlace()
    {
        Directory.CreateDirectory(Place);
        long free = long.Parse(Host.ReadProc("/proc/meminfo").Split('\n').First(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        if (free < ProbablyEnoughKib)
            return;
        memory = TemporaryMount.Tmpfs(Place, "mode=755");
        if (Tree.HasUserAttributes(Place))
            return;
        memory.Dispose();
        memory = null;
    }

    [TearDown]
    public void LeavePlace()
    {
        mounts.ForEach(Sandbox.Unmount);
        memory?.Dispose();
    }

    // Each as its tool made it. What a layer's tar lacks has nobody's time; nor has the root, which is the bundle's own folder.
    [TestCase("debian")]
    [TestCase("node")]
    [TestCase("many")]
    [TestCase("odd", "lacks", "lacks/inner", "nowhere", "nowhere/deep")]
    [TestCase("built")]
    public void Tree_IsWhatOthersUnpack(string image, params string[] undated)
    {
        undated = [".", .. undated];
        string bundle = Bundle(image);
        string[] ours = Tree.ToCompare(bundle + "/rootfs", undated);
        AssertRuns(bundle, image);
        Assert.That(ours, Has.Length.GreaterThan(100));

        string mounted = Directory.CreateDirectory(Place + "/mounted").FullName;
        using (Containerd containerd = new(Place + "/containerd"))
            containerd.PullAndMount($"{Registry.Address}/{image}:v1", mounted);
        mounts.Add(mounted);
        LocalRegistry.Skopeo("copy", "-q", "--insecure-policy", "--src-tls-verify=false", $"docker://{Registry.Address}/{image}:v1", $"oci:{Place}/layout:it");
        new Launch(Require.Program("umoci", "umoci"), "unpack", "--image", $"{Place}/layout:it", Place + "/unpacked").Start().Wait(LongEnough).Succeeded();
        Assert.Multiple(() =>
        {
            Tree.AssertSame(ours, Tree.ToCompare(mounted, undated), "containerd's");
            // umoci drops attributes that are empty.
            Tree.AssertSame([.. ours.Select(l => l.Replace(" user.empty=", ""))], Tree.ToCompare(Place + "/unpacked/rootfs", undated), "umoci's");
        });
    }

    // The same content in other forms, as other tools write them.
    [TestCase("debian-docker", "debian")]
    [TestCase("debian-zstd", "debian")]
    [TestCase("node-docker", "node")]
    [TestCase("many-zstd", "many")]
    [TestCase("odd-zstd", "odd")]
    public void Tree_OfAnotherForm_IsTheSame(string image, string original)
    {
        string[] undated = [".", "lacks", "lacks/inner", "nowhere", "nowhere/deep"];
        string bundle = Bundle(image);
        string[] one = Tree.ToCompare(bundle + "/rootfs", undated);
        AssertRuns(bundle, image);
        DataRoot = Place + "/other";
        Tree.AssertSame(one, Tree.ToCompare(Bundle(original) + "/rootfs", undated), "of the original");
    }

    // What a container of the image says.
    private void AssertRuns(string bundle, string image)
    {
        Outcome run = Call("run", "-b", bundle, Box.Name + "x");
        Assert.That(run.Succeeded().Text, Does.Match(image.Split('-')[0] switch
        {
            "debian" => @"^\d+\.\d+$",
            "node" => @"^app on node \d+, typescript \d+$",
            "many" => "^39$",
            "odd" => "^plain$",
            _ => "(?s)^1000\n.*/etc/groups:\nthree\n\n/srv:\nanew\nkept\n\n/srv/anew:\ntwo\n\n/srv/kept:\none$",
        }));
    }

    private string Bundle(string image)
    {
        if (!DataRoot.StartsWith(Place, StringComparison.Ordinal))
            DataRoot = Place + "/data";
        Vessel("pull", "-q", $"{Registry.Address}/{image}:v1").Succeeded();
        string bundle = $"{Place}/bundle-{image}";
        Vessel("bundle", $"{Registry.Address}/{image}:v1", bundle).Succeeded();
        mounts.Add(bundle + "/rootfs");
        return bundle;
    }
}
