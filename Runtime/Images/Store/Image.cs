using Vessel.Images.Content;
using Vessel.Images.Snapshots;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>An image of the store as it was when it was asked for.</summary>
public sealed class Image
{
    private readonly ContentStore content;
    private readonly LayerStore layers;
    private ImageConfig? config;
    private long? size;

    internal Image(ContentStore content, LayerStore layers, Digest id, ImageRecord record, IReadOnlyList<ImageReference> names)
    {
        (this.content, this.layers, Id, Record, Names) = (content, layers, id, record, names);
    }

    /// <summary>The digest of its config.</summary>
    public Digest Id { get; }

    /// <summary>What it is made of.</summary>
    public ImageRecord Record { get; }

    /// <summary>What it is called: with a tag, or with the digest that it was pulled by.</summary>
    public IReadOnlyList<ImageReference> Names { get; }

    /// <summary>Its config.</summary>
    public ImageConfig Config => config ??= ImageDocumentReader.ReadConfig(content.ReadDocument(Id), $"config {Id}");

    /// <summary>The bytes of all its files, those that it shares included.</summary>
    public long SizeBytes => size ??= Record.DiffIds.Sum(d => layers.Read(d).Bytes);

    /// <summary>Reads all that is told of it, so that its removal meanwhile changes nothing any more.</summary>
    internal void Load() => _ = (Config, SizeBytes);
}
