using System.Text;
using Vessel.Images.Layers;

namespace Vessel.Tests.Support;

/// <summary>A target that keeps what it is given.</summary>
internal sealed class LayerRecord : ILayerTarget
{
    public List<LayerEntry> Entries { get; } = [];

    public List<byte[]> Data { get; } = [];

    public bool IsComplete { get; private set; }

    public IReadOnlyList<string> Warnings => [];

    public ImpliedFolders Implied { get; } = new();

    public LayerEntry this[string path] => Entries.Single(e => TextOf(e.Path) == path);

    /// <summary>The entries, a word each: <c>File a/b</c>.</summary>
    public IEnumerable<string> Lines => Entries.Select(e => $"{e.Kind} {TextOf(e.Path)}");

    public string DataOf(string path) => Encoding.Latin1.GetString(Data[Entries.IndexOf(this[path])]);

    public static string TextOf(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    /// <summary>Reads a whole layer.</summary>
    public static LayerRecord Read(byte[] tar, LayerLimits? limits = null) => Read(new MemoryStream(tar), limits);

    public static LayerRecord Read(Stream tar, LayerLimits? limits = null)
    {
        LayerRecord record = new();
        LayerReader.Read(tar, record, limits ?? LayerLimits.Default, CancellationToken.None);
        return record;
    }

    public void Add(LayerEntry entry, ILayerData data)
    {
        Entries.Add(entry);
        using MemoryStream content = new();
        ReadOnlySpan<byte> piece;
        while (!(piece = data.BorrowData(700)).IsEmpty)
            content.Write(piece);
        Data.Add(content.ToArray());
    }

    public void Complete() => IsComplete = true;

    public void Dispose()
    {
    }
}
