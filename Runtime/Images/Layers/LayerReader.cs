namespace Vessel.Images.Layers;

/// <summary>Reads a layer's tar and says what it means: whiteouts, and what no layer may have. The same for every target.</summary>
public static class LayerReader
{
    /// <summary>Reads all of <paramref name="tar"/> to the end of the stream, whatever follows the archive included, and gives its entries to <paramref name="target"/>.</summary>
    /// <exception cref="LayerException">The layer is damaged or hostile. The target is half filled, and not completed.</exception>
    public static LayerResult Read(Stream tar, ILayerTarget target, LayerLimits limits, CancellationToken cancellation)
    {
        TarReader reader = new(tar, limits, cancellation);
        bool isOpaque = false, hasLinkStore = false;
        while (reader.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Interpret(entry) is not { } meant)
                continue;
            isOpaque |= meant.Kind == LayerEntryKind.OpaqueMark && meant.Path.IsEmpty;
            hasLinkStore |= meant.Folder.SequenceEqual(LayerMarks.LinkStore);
            target.Add(meant, reader);
        }
        reader.Drain();
        // What has a name elsewhere stays by that.
        if (hasLinkStore)
            target.Add(new LayerEntry { Path = LayerMarks.LinkStore.ToArray(), Kind = LayerEntryKind.Removal }, reader);
        target.Complete();
        return new LayerResult(reader.UnpackedBytes, reader.Entries, isOpaque);
    }

    /// <summary>What an entry means; null for the metadata of AUFS, which means nothing, but for the files that hard links may be to.</summary>
    /// <exception cref="LayerException">No layer may have it.</exception>
    public static LayerEntry? Interpret(LayerEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        // A root that is a link: whoever unpacks would work where it leads (CVE-2021-29136).
        if (path.IsEmpty && entry.Kind != LayerEntryKind.Directory)
            throw new LayerException("."u8, "the root of the layer is no directory");
        if (path.IndexOf(LayerMarks.Whiteout) is var mark and >= 0 && (mark == 0 || path.IndexOf("/.wh."u8) >= 0))
            return InterpretMark(entry);
        // Overlayfs takes this device for a whiteout. Whiteouts have names, which everybody can see.
        if (entry is { Kind: LayerEntryKind.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
            throw new LayerException(path, "a character device 0:0, which would hide a file without a whiteout's name");
        return entry.ExtendedAttributes.Count > 0 ? WithoutForbiddenAttributes(entry) : entry;
    }

    private static LayerEntry? InterpretMark(LayerEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span, folder = LayerPath.Folder(path), name = LayerPath.Name(path);
        if (entry.Kind == LayerEntryKind.File && folder.SequenceEqual(LayerMarks.LinkStore))
            return WithoutForbiddenAttributes(entry);
        foreach (Range part in folder.Split((byte)'/'))
        {
            if (folder[part].StartsWith(LayerMarks.Meta))
                return null;
            if (folder[part].StartsWith(LayerMarks.Whiteout))
                throw new LayerException(path, "lies in a whiteout");
        }
        bool isDirectory = entry.Kind == LayerEntryKind.Directory;
        if (name.SequenceEqual(LayerMarks.Opaque))
            return !isDirectory ? entry.AsMark(LayerEntryKind.OpaqueMark, entry.Path[..folder.Length]) : throw new LayerException(path, "an opaque mark that is a directory");
        if (name.StartsWith(LayerMarks.Meta))
            return null;
        ReadOnlySpan<byte> hidden = name[LayerMarks.Whiteout.Length..];
        if (hidden.IsEmpty || hidden is [(byte)'.'] or [(byte)'.', (byte)'.'])
            throw new LayerException(path, "a whiteout of no name");
        // AUFS made hard links of them, others files: any kind but this one, which could have something in it.
        if (isDirectory)
            throw new LayerException(path, "a whiteout that is a directory");
        return entry.AsMark(LayerEntryKind.Whiteout, LayerPath.Below(folder, hidden));
    }

    // They are dropped, and the entry is kept.
    private static LayerEntry WithoutForbiddenAttributes(LayerEntry entry)
    {
        List<KeyValuePair<string, byte[]>>? kept = null;
        foreach (KeyValuePair<string, byte[]> attribute in entry.ExtendedAttributes)
        {
            if (LayerMarks.IsForeign(attribute.Key))
                kept ??= [.. entry.ExtendedAttributes.TakeWhile(a => !LayerMarks.IsForeign(a.Key))];
            else
                kept?.Add(attribute);
        }
        return kept is null ? entry : entry.With(kept);
    }
}
