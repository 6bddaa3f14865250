using System.Buffers.Binary;
using System.Numerics;
using Vessel.Native.Raw;

namespace Vessel.Images.Layers.Erofs;

/// <summary>The form of an erofs image on the disk (fs/erofs/erofs_fs.h), so far as it is used here: nothing compressed, one size of inode.</summary>
internal static class ErofsFormat
{
    public const int BlockBits = 12, BlockSize = 1 << BlockBits;

    /// <summary>Inodes are called by their place in the image: a number for each 32 bytes.</summary>
    public const int InodeSlotBits = 5, InodeSlot = 1 << InodeSlotBits;

    /// <summary>The extended inode: 32 bits for users and links, 64 for sizes, and a time of its own.</summary>
    public const int InodeSize = 64;

    public const int InodeLinksAt = 44, InodeSizeAt = 8, InodeUnionAt = 16, InodeAttributesAt = 2;

    public const int SuperBlockAt = 1024, SuperBlockSize = 128;

    /// <summary>The root's number has 16 bits: it is in the first block, behind the superblock.</summary>
    public const int RootAt = SuperBlockAt + SuperBlockSize;

    public const int DirectoryEntrySize = 12;

    public const uint Magic = 0xe0f5e1e2;

    /// <summary>Data in whole blocks; data in whole blocks and the rest behind the inode.</summary>
    public const int FlatPlain = 0, FlatInline = 2;

    private const uint HasChecksum = 1, HasTimes = 2;

    public static byte TypeOf(uint mode) => (mode & Open.S_IFMT) switch
    {
        Open.S_IFREG => 1,
        Open.S_IFDIR => 2,
        Open.S_IFCHR => 3,
        Open.S_IFBLK => 4,
        Open.S_IFIFO => 5,
        _ => 7,
    };

    /// <summary>Writes an inode.</summary>
    /// <param name="to">Zeros, <see cref="InodeSize"/> of them.</param>
    /// <param name="inode">What it says.</param>
    /// <param name="layout">Where its data is.</param>
    /// <param name="place">The first block of its data, or the number of a device.</param>
    /// <param name="number">Its number where numbers have 32 bits.</param>
    /// <param name="attributeBytes">How many bytes of attributes follow it.</param>
    public static void WriteInode(Span<byte> to, in ErofsInode inode, int layout, uint place, uint number, int attributeBytes)
    {
        const int Extended = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)(layout << 1 | Extended));
        // The header of 12 bytes counts as one, each four bytes behind it as one more.
        BinaryPrimitives.WriteUInt16LittleEndian(to[InodeAttributesAt..], (ushort)(attributeBytes == 0 ? 0 : (attributeBytes - ErofsAttributes.HeaderSize) / 4 + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], (ushort)inode.Mode);
        BinaryPrimitives.WriteInt64LittleEndian(to[InodeSizeAt..], inode.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(to[InodeUnionAt..], place);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], inode.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(to[28..], inode.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], inode.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(to[40..], inode.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(to[InodeLinksAt..], inode.Links);
    }

    /// <summary>How many bytes of attributes follow an inode.</summary>
    public static int AttributeBytesOf(ReadOnlySpan<byte> inode) =>
        BinaryPrimitives.ReadUInt16LittleEndian(inode[InodeAttributesAt..]) is > 0 and var count ? ErofsAttributes.HeaderSize + (count - 1) * 4 : 0;

    /// <summary>Writes the superblock into the first block, which has all else that it will have.</summary>
    public static void WriteSuperBlock(Span<byte> firstBlock, ReadOnlySpan<byte> identity, long inodes, long blocks)
    {
        Span<byte> super = firstBlock[SuperBlockAt..];
        BinaryPrimitives.WriteUInt32LittleEndian(super, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(super[8..], HasChecksum | HasTimes);
        super[12] = BlockBits;
        BinaryPrimitives.WriteUInt16LittleEndian(super[14..], RootAt >> InodeSlotBits);
        BinaryPrimitives.WriteInt64LittleEndian(super[16..], inodes);
        // Only statfs shows it; 32 bits of blocks are 16 TB.
        BinaryPrimitives.WriteUInt32LittleEndian(super[36..], (uint)Math.Min(blocks, uint.MaxValue));
        // Metadata and shared attributes "begin" at block 0: so they may lie anywhere.
        identity.CopyTo(super.Slice(48, 16));
        // A UUID of the kind whose bits are whatever its maker likes (RFC 9562, version 8).
        super[48 + 6] = (byte)(super[48 + 6] & 0x0f | 0x80);
        super[48 + 8] = (byte)(super[48 + 8] & 0x3f | 0x80);
        BinaryPrimitives.WriteUInt32LittleEndian(super[4..], Checksum(super[..(BlockSize - SuperBlockAt)]));
    }

    /// <summary>Whether a first block is one of ours, whole.</summary>
    public static bool IsIntact(Span<byte> firstBlock)
    {
        Span<byte> super = firstBlock[SuperBlockAt..BlockSize];
        uint sum = BinaryPrimitives.ReadUInt32LittleEndian(super[4..]);
        super.Slice(4, 4).Clear();
        return BinaryPrimitives.ReadUInt32LittleEndian(super) == Magic && sum == Checksum(super);
    }

    // From the superblock to the end of its block, with zeros in the sum's own place.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        for (; !bytes.IsEmpty; bytes = bytes[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        return sum;
    }
}
