using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Snapshots;
using Vessel.Images.Store;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Support;

/// <summary>A test that pulls images from a registry of its own into a store of its own. As root, since layers have owners.</summary>
[TestFixture, Category("Root")]
public abstract class PullTest
{
    private readonly List<FakeRegistry> registries = [];
    private Sandbox? box;

    private protected Sandbox Box => box ?? throw new InvalidOperationException("not set up");

    /// <summary>The registry.</summary>
    private protected FakeRegistry Registry => registries[0];

    /// <summary>How it is reached: with little patience, as nobody.</summary>
    private protected RegistrySettings Settings { get; set; } = new() { Credentials = new Nobody(), Pause = TimeSpan.FromMilliseconds(5), MaximumAttempts = 3, IdleTimeout = TimeSpan.FromSeconds(10), CertificateFolders = [] };

    private protected string DataRoot => Box.Folder + "/data";

    /// <summary>The images. Each time opened anew, as by another process.</summary>
    private protected ImageStore Store => new(DataRoot, Form);

    /// <summary>What new layers are kept as; null for what is best here.</summary>
    private protected LayerForm? Form { get; set; }

    [SetUp]
    public void PrepareRegistry()
    {
        Require.Root();
        box = new Sandbox();
        NewRegistry();
    }

    [TearDown]
    public void LeaveNothing()
    {
        registries.ForEach(r => r.Dispose());
        box?.Close();
    }

    /// <summary>Another registry.</summary>
    private protected FakeRegistry NewRegistry(System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null)
    {
        FakeRegistry registry = new(certificate);
        registries.Add(registry);
        return registry;
    }

    /// <summary>Serves an image as <c>app:v1</c>.</summary>
    private protected FakeImage Serve(params FakeLayer[] layers)
    {
        FakeImage image = FakeImage.Of(layers);
        Registry.Serve("app:v1", image);
        return image;
    }

    private protected Task<PulledImage> PullAsync(string name = "app:v1", PullRecord? observer = null, CancellationToken cancellation = default) => PullAsync(Registry.Reference(name), observer, cancellation);

    private protected async Task<PulledImage> PullAsync(ImageReference reference, PullRecord? observer = null, CancellationToken cancellation = default)
    {
        using RegistryClient client = new(Settings);
        return await Store.PullAsync(reference, client, new PullOptions(), observer ?? new PullRecord(), cancellation);
    }

    /// <summary>A pull that fails, and leaves no image.</summary>
    private protected ImageException Fails(ImageErrorKind kind, params string[] words)
    {
        ImageException e = Assert.ThrowsAsync<ImageException>(async () => await PullAsync())!;
        Assert.That(e.Kind, Is.EqualTo(kind), e.ToString());
        foreach (string word in words)
            Assert.That(e.Message, Does.Contain(word));
        AssertNoImage();
        return e;
    }

    /// <summary>Asserts that the store has an image whole, and nothing half-made.</summary>
    private protected void AssertComplete(FakeImage image, string name = "app:v1")
    {
        ImageStore store = Store;
        Image found = store.Find(Registry.Reference(name).ToString());
        Assert.That(found.Id, Is.EqualTo(image.Id));
        Assert.That(found.Record.Layers, Is.EqualTo(image.Layers.Select(l => l.Digest)));
        Assert.That(Blob(image.Digest).SequenceEqual(image.Manifest));
        foreach (FakeLayer layer in image.Layers)
        {
            Assert.That(Blob(layer.Digest).SequenceEqual(layer.Blob), layer.Digest.ToString());
            Assert.That(Directory.EnumerateFileSystemEntries(store.Folder.Layer(layer.DiffId)).Select(Path.GetFileName), Has.Some.AnyOf("fs", "layer.erofs"));
            Assert.That(store.Layers.Read(layer.DiffId).Bytes, Is.Positive);
        }
        Assert.That(Left("layers/making").Concat(Left("leases")).Concat(Left("content/ingest")), Is.Empty);
    }

    // Not by .NET, which minds locks: that of an ingest may for a moment still be in whatever another test starts.
    private ReadOnlySpan<byte> Blob(Digest digest)
    {
        using FileDescriptor file = Store.Content.Open(digest);
        return Files.ReadAll(file, digest.ToString(), 64 << 20);
    }

    /// <summary>Asserts that the store has no image, and nothing that is being made.</summary>
    private protected void AssertNoImage()
    {
        Assert.That(Store.List(), Is.Empty);
        Assert.That(Left("images/sha256").Concat(Left("layers/making")).Concat(Left("leases")).Concat(Left("layers/sha256")), Is.Empty);
        Assert.That(File.Exists(DataRoot + "/images/names.json"), Is.False);
    }

    /// <summary>What is in a folder of the store.</summary>
    private protected string[] Left(string folder) => Directory.GetFileSystemEntries($"{DataRoot}/{folder}");

    /// <summary>Somebody, whoever asks.</summary>
    private protected sealed class Somebody : ICredentialSource
    {
        public Task<Credential?> FindAsync(string registry, CancellationToken cancellation) => Task.FromResult<Credential?>(new Credential(FakeRegistry.User, FakeRegistry.Secret));
    }
}
