using System.Buffers.Binary;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Images.Layers.Erofs;

/// <summary>Extended attributes: those that the kernel would take, and its word for the others.</summary>
public sealed partial class ErofsTarget
{
    private const string OpaqueName = "trusted.overlay.opaque";
    private const int MaximumValue = ushort.MaxValue;

    // A folder's are kept until it is written.
    private const long MaximumKeptBytes = 16 << 20;

    private readonly ErofsAttributes attributes;
    private readonly Dictionary<int, List<KeyValuePair<string, byte[]>>> ofFolders = [];
    private long keptBytes;

    private byte[] Encode(LayerEntry entry, ref uint mode, out int length)
    {
        byte[]? bytes = attributes.Encode(Accepted(entry, ref mode), out length);
        return bytes ?? throw new SyscallException($"set attributes of {LayerText.Quote(entry.Path.Span)}", Errno.ENOSPC);
    }

    private void Keep(int folder, LayerEntry entry, ref uint mode)
    {
        foreach ((string name, byte[] value) in Accepted(entry, ref mode))
            Keep(folder, name, value, entry.Path.Span);
    }

    private void Keep(int folder, string name, byte[] value, ReadOnlySpan<byte> path)
    {
        if (!ofFolders.TryGetValue(folder, out List<KeyValuePair<string, byte[]>>? kept))
            ofFolders[folder] = kept = [];
        int known = kept.FindIndex(a => a.Key == name);
        if (known >= 0)
            kept.RemoveAt(known);
        kept.Add(new(name, value));
        keptBytes += name.Length + value.Length + 64;
        if (keptBytes > MaximumKeptBytes)
            throw new LayerException(path, $"attributes of folders of more than {MaximumKeptBytes} bytes in all");
    }

    // On the root it is for others to see: overlayfs doesn't look there (LayerResult.IsOpaque).
    private void SetOpaque(int node) => Keep((int)names[node].Value, OpaqueName, [(byte)'y'], names.NameOf(node));

    private List<KeyValuePair<string, byte[]>> Accepted(LayerEntry entry, ref uint mode)
    {
        List<KeyValuePair<string, byte[]>> accepted = [];
        for (int i = 0; i < entry.ExtendedAttributes.Count; i++)
        {
            (string name, byte[] value) = entry.ExtendedAttributes[i];
            if (Refusal(entry.Kind, name, value) is not 0 and var errno)
                leftOut.AcceptAttribute(-errno, name, entry, skipsRefused: false);
            else if (name is not (AccessList.Access or AccessList.Inherited))
                accepted.Add(entry.ExtendedAttributes[i]);
            else if (AccessList.TryRead(value, out uint permissions, out bool isMore) && value.Length > AccessList.EmptySize)
            {
                if (name == AccessList.Access)
                    mode = mode & ~0x1ffu | permissions;
                // One that says no more than the mode is the mode.
                if (isMore || name == AccessList.Inherited)
                    accepted.Add(new(name, AccessList.Normalize(value)));
            }
        }
        return accepted;
    }

    // As setxattr answers on a filesystem that has all families.
    private static int Refusal(LayerEntryKind kind, string name, byte[] value)
    {
        bool isList = name is AccessList.Access or AccessList.Inherited;
        if (value.Length > MaximumValue)
            return Errno.E2BIG;
        if (name.StartsWith("user.", StringComparison.Ordinal) && kind is not (LayerEntryKind.File or LayerEntryKind.Directory))
            return Errno.EPERM;
        if (!ErofsAttributes.IsKnown(name) || isList && (kind == LayerEntryKind.SymbolicLink || AccessList.IsOfAnotherVersion(value)))
            return Errno.EOPNOTSUPP;
        if (name.EndsWith('.') && name.IndexOf('.') == name.Length - 1 || isList && !AccessList.TryRead(value, out _, out _) || name == "security.capability" && !IsCapability(value))
            return Errno.EINVAL;
        return name == AccessList.Inherited && kind != LayerEntryKind.Directory && value.Length > AccessList.EmptySize ? Errno.EACCES : 0;
    }

    // linux/capability.h, vfs_cap_data of revision 2 and vfs_ns_cap_data.
    private static bool IsCapability(byte[] value) =>
        value.Length is 20 or 24 && BinaryPrimitives.ReadUInt32LittleEndian(value) >> 24 == (value.Length == 20 ? 2u : 3u);
}
