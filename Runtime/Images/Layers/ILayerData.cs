namespace Vessel.Images.Layers;

/// <summary>The data of the entry that is being read.</summary>
public interface ILayerData
{
    /// <summary>The next data of the current entry as it lies in the reader's memory, valid until the next call; empty at its end.</summary>
    ReadOnlySpan<byte> BorrowData(int maximum = int.MaxValue);
}
