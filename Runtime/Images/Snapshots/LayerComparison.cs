using System.Security.Cryptography;
using Vessel.Images.Layers;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>Whether two unpacked layers are the same, to the last byte of the last file.</summary>
internal static class LayerComparison
{
    private const int ChunkBytes = 1 << 17;

    /// <summary>Compares what two layers' folders in the store have.</summary>
    /// <exception cref="SyscallException">One of them cannot be read.</exception>
    public static bool AreSame(string one, string other, CancellationToken cancellation)
    {
        LayerRecord first = LayerStore.ReadRecord(one), second = LayerStore.ReadRecord(other);
        if ((first.Bytes, first.Entries, first.IsOpaque, first.Form) != (second.Bytes, second.Entries, second.IsOpaque, second.Form)
            || !LayerStore.ImpliedFoldersIn(one).SequenceEqual(LayerStore.ImpliedFoldersIn(other), BytesComparer.Instance))
            return false;
        // Not the image's bytes alone: another version may have laid it out in another way.
        return (first.Form == LayerForm.Erofs && HaveSameBytes(Path.Combine(one, LayerStore.ImageName), Path.Combine(other, LayerStore.ImageName), cancellation))
            || HashOf(one, first, cancellation).SequenceEqual(HashOf(other, second, cancellation));
    }

    private static bool HaveSameBytes(string one, string other, CancellationToken cancellation)
    {
        using FileDescriptor first = Files.Open(null, one, O_RDONLY | O_NOFOLLOW), second = Files.Open(null, other, O_RDONLY | O_NOFOLLOW);
        byte[] left = new byte[ChunkBytes], right = new byte[ChunkBytes];
        for (long at = 0; ; at += ChunkBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = ReadChunk(first, left, at, one);
            if (count != ReadChunk(second, right, at, other) || !left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                return false;
            if (count < ChunkBytes)
                return true;
        }
    }

    private static int ReadChunk(FileDescriptor file, byte[] chunk, long at, string name)
    {
        int count = 0;
        for (int read = 1; read > 0 && count < chunk.Length; count += read)
            read = (int)Check.Ok(Files.TryReadAt(file, chunk.AsSpan(count), at + count), "read", name);
        return count;
    }

    // A tar says all that a layer can have.
    private static byte[] HashOf(string folder, LayerRecord record, CancellationToken cancellation)
    {
        using FileDescriptor tree = OpenTree(folder, record.Form);
        using SHA256 hash = SHA256.Create();
        using CryptoStream tar = new(Stream.Null, hash, CryptoStreamMode.Write);
        using TarTarget target = new(tar);
        FolderReader.Read(tree, target, new FolderReadOptions { Implied = LayerStore.ImpliedFoldersIn(folder), HasNamedMarks = record.HasNamedMarks }, cancellation);
        tar.FlushFinalBlock();
        return hash.Hash!;
    }

    private static FileDescriptor OpenTree(string folder, LayerForm form)
    {
        if (form == LayerForm.Folder)
            return Files.Open(null, Path.Combine(folder, LayerStore.TreeName), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        string image = Path.Combine(folder, LayerStore.ImageName);
        Check.Ok(Mounts.TryOpenErofs(image, out FileDescriptor? mount), "mount", image);
        using (mount)
            return Files.Open(mount, ".", O_RDONLY | O_DIRECTORY);
    }
}
