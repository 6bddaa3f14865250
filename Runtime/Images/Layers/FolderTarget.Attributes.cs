using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>Extended attributes.</summary>
public sealed partial class FolderTarget
{
    private const string InheritedList = "system.posix_acl_default";
    private const long MaximumListBytes = 16 << 20;

    private readonly List<(LayerEntry Folder, byte[] List)> inheritedLists = [];
    private long listBytes;

    private void SetAttributes(FileDescriptor file, LayerEntry entry)
    {
        for (int i = 0; i < entry.ExtendedAttributes.Count; i++)
        {
            (string attribute, byte[] value) = entry.ExtendedAttributes[i];
            if (attribute == InheritedList && entry.Kind == LayerEntryKind.Directory)
                Keep(entry, value);
            else
                Accept(Files.TrySetAttribute(file, attribute, value), attribute, entry);
        }
    }

    // All that is made in a folder inherits its default list, in place of the mode that it is made with: so these come when nothing more is made.
    private void Keep(LayerEntry entry, byte[] value)
    {
        listBytes += entry.Path.Length + value.Length + 64;
        if (listBytes > MaximumListBytes)
            throw new LayerException(entry.Path.Span, $"default access control lists of more than {MaximumListBytes} bytes in all");
        inheritedLists.Add((entry, value));
    }

    private void SetInheritedLists()
    {
        foreach ((LayerEntry entry, byte[] list) in inheritedLists)
        {
            SetInheritedList(entry, list);
            LeaveGuest();
        }
    }

    private void SetInheritedList(LayerEntry entry, byte[] list)
    {
        if (entry.Path.IsEmpty)
        {
            Accept(Files.TrySetAttribute(levels[0].Folder, InheritedList, list), InheritedList, entry);
            return;
        }
        Level parent = Enter(entry.Folder);
        name.Set(entry.Name);
        nint result = Files.TryOpen(parent.Folder, name.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        // It was replaced since.
        if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
            return;
        using FileDescriptor folder = new((int)Ok(result, "open", entry));
        Accept(Files.TrySetAttribute(folder, InheritedList, list), InheritedList, entry);
    }

    // A filesystem without an attribute's family, such as NFS, or a family that is made up: the file is worth having without it, and to lose a
    // capability lends no rights. user.* belongs to files and folders alone, and the kernel says EPERM for the rest.
    private void Accept(nint result, string attribute, LayerEntry entry)
    {
        if (result >= 0)
            return;
        bool isNeverThere = attribute.StartsWith("user.", StringComparison.Ordinal) && entry.Kind is not (LayerEntryKind.File or LayerEntryKind.Directory);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.EPERM && (options.SkipsRefused || isNeverThere))
            Warn(entry, $"without its attribute {LayerText.Quote(System.Text.Encoding.UTF8.GetBytes(attribute))}: {Errno.Describe((int)-result)}");
        else
            Ok(result, $"set {LayerText.Quote(System.Text.Encoding.UTF8.GetBytes(attribute))} of", entry);
    }
}
