using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>Extended attributes.</summary>
public sealed partial class FolderTarget
{
    private const long MaximumListBytes = 16 << 20;

    private readonly List<(LayerEntry Folder, byte[] List)> inheritedLists = [];
    private long listBytes;

    private void SetAttributes(FileDescriptor file, LayerEntry entry)
    {
        for (int i = 0; i < entry.ExtendedAttributes.Count; i++)
        {
            (string attribute, byte[] value) = entry.ExtendedAttributes[i];
            if (attribute == AccessList.Inherited && entry.Kind == LayerEntryKind.Directory)
                Keep(entry, value);
            else
                Accept(Files.TrySetAttribute(file, attribute, value), attribute, entry);
        }
    }

    // What a layer below gave a folder, and this one doesn't: the entry is the whole description.
    private static void RemoveOtherAttributes(FileDescriptor folder, LayerEntry entry)
    {
        foreach (string attribute in Files.AttributeNames(folder, ".\0"u8))
            if (!LayerMarks.IsForeign(attribute) && !entry.ExtendedAttributes.Any(a => a.Key == attribute))
                Ok(Files.TryRemoveAttribute(folder, attribute), "remove an attribute of", entry);
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
            Accept(Files.TrySetAttribute(levels[0].Folder, AccessList.Inherited, list), AccessList.Inherited, entry);
            return;
        }
        Level parent = Enter(entry.Folder);
        name.Set(entry.Name);
        nint result = Files.TryOpen(parent.Folder, name.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        // It was replaced since.
        if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
            return;
        using FileDescriptor folder = new((int)Ok(result, "open", entry));
        Accept(Files.TrySetAttribute(folder, AccessList.Inherited, list), AccessList.Inherited, entry);
    }

    private void Accept(nint result, string attribute, LayerEntry entry) => leftOut.AcceptAttribute(result, attribute, entry, options.SkipsRefused);
}
