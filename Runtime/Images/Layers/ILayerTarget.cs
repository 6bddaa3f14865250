namespace Vessel.Images.Layers;

/// <summary>Where a layer's entries go. <see cref="LayerReader"/> calls <see cref="Add"/> for each in the order of the tar, then <see cref="Complete"/> once.</summary>
public interface ILayerTarget
{
    /// <summary>Takes one entry. The data of a file is <paramref name="data"/>'s until this returns; what isn't read of it is skipped.</summary>
    /// <exception cref="LayerException">The entry makes no sense after those before it.</exception>
    void Add(LayerEntry entry, TarReader data);

    /// <summary>All entries were there, and the tar was read to its end.</summary>
    void Complete();
}
