using System.Buffers.Binary;

namespace Vessel.Images.Layers;

/// <summary>POSIX access control lists in the form that extended attributes have (linux/posix_acl_xattr.h), by the kernel's rules.</summary>
internal static class AccessList
{
    public const string Access = "system.posix_acl_access", Inherited = "system.posix_acl_default";

    /// <summary>A list of no more than this says nothing.</summary>
    public const int EmptySize = HeaderSize;

    private const int HeaderSize = 4, EntrySize = 8;
    private const uint Version = 2, NoId = uint.MaxValue;

    // The tags in the order that they come in.
    private const int UserOwner = 1, User = 2, GroupOwner = 4, Group = 8, Mask = 16, Others = 32;

    /// <summary>Whether it is a list; one without entries is, and stands for none.</summary>
    /// <param name="value">The attribute.</param>
    /// <param name="permissions">The permissions of a mode that it comes with.</param>
    /// <param name="isMore">Whether it says more than those do.</param>
    public static bool TryRead(ReadOnlySpan<byte> value, out uint permissions, out bool isMore)
    {
        permissions = 0;
        isMore = false;
        if (value.IsEmpty)
            return true;
        if (value.Length < HeaderSize || (value.Length - HeaderSize) % EntrySize != 0 || BinaryPrimitives.ReadUInt32LittleEndian(value) != Version)
            return false;
        int last = 0;
        uint mask = 0;
        for (ReadOnlySpan<byte> rest = value[HeaderSize..]; !rest.IsEmpty; rest = rest[EntrySize..])
        {
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            uint allowed = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]), id = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            bool mayFollow = tag switch
            {
                UserOwner => last == 0,
                User => last is UserOwner or User && id != NoId,
                GroupOwner => last is UserOwner or User,
                Group => last is GroupOwner or Group && id != NoId,
                Mask => last is GroupOwner or Group,
                Others => last == Mask || last == GroupOwner && !isMore,
                _ => false,
            };
            if (!mayFollow || allowed > 7)
                return false;
            switch (tag)
            {
                case UserOwner: permissions |= allowed << 6; break;
                case GroupOwner: permissions |= allowed << 3; break;
                case Others: permissions |= allowed; break;
                case Mask: mask = allowed | 8; break;
            }
            isMore |= tag is User or Group or Mask;
            last = tag;
        }
        if (mask != 0)
            permissions = permissions & ~0x38u | (mask & 7) << 3;
        return last is Others or 0;
    }

    /// <summary>Whether the form is one that the kernel doesn't know.</summary>
    public static bool IsOfAnotherVersion(ReadOnlySpan<byte> value) => value.Length >= HeaderSize && BinaryPrimitives.ReadUInt32LittleEndian(value) != Version;

    /// <summary>The same list as every filesystem gives it back: without ids where none mean anything.</summary>
    public static byte[] Normalize(ReadOnlySpan<byte> value)
    {
        byte[] list = value.ToArray();
        for (int at = HeaderSize; at < list.Length; at += EntrySize)
            if (BinaryPrimitives.ReadUInt16LittleEndian(list.AsSpan(at)) is not (User or Group))
                BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(at + 4), NoId);
        return list;
    }
}
