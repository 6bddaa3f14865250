namespace Vessel.Images.Layers;

/// <summary>Where a layer's entries go. <see cref="LayerReader"/> calls <see cref="Add"/> for each in the order of the tar, then <see cref="Complete"/> once.</summary>
/// <remarks>
/// After an exception what was made is half made, and is to be removed; the kernel's refusals are <see cref="Native.Safe.SyscallException"/>, the
/// layer's faults <see cref="LayerException"/>. Dispose in any case.
/// </remarks>
public interface ILayerTarget : IDisposable
{
    /// <summary>What was left out, the first hundred of it: attributes that the form doesn't know, devices that may not be made.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>The folders that no entry is about.</summary>
    ImpliedFolders Implied { get; }

    /// <summary>Takes one entry. The data of a file is <paramref name="data"/>'s until this returns; what isn't read of it is skipped.</summary>
    /// <exception cref="LayerException">The entry makes no sense after those before it.</exception>
    void Add(LayerEntry entry, ILayerData data);

    /// <summary>All entries were there, and the tar was read to its end.</summary>
    void Complete();
}
