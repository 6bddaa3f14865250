using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Images.Layers;

/// <summary>What of a layer was left out, the first hundred of it.</summary>
internal sealed class LayerWarnings
{
    private const int Maximum = 100;

    private readonly List<string> all = [];

    public IReadOnlyList<string> All => all;

    public void Add(LayerEntry entry, string what)
    {
        if (all.Count < Maximum)
            all.Add($"{LayerText.Quote(entry.Path.Span)}: {what}");
    }

    // A filesystem without an attribute's family, such as NFS, or a family that is made up: the file is worth having without it, and to lose a
    // capability lends no rights. user.* belongs to files and folders alone, and the kernel says EPERM for the rest.
    public void AcceptAttribute(nint result, string attribute, LayerEntry entry, bool skipsRefused)
    {
        if (result >= 0)
            return;
        bool isNeverThere = attribute.StartsWith("user.", StringComparison.Ordinal) && entry.Kind is not (LayerEntryKind.File or LayerEntryKind.Directory);
        string name = LayerText.Quote(Encoding.UTF8.GetBytes(attribute));
        if (result != -Errno.EOPNOTSUPP && !(result == -Errno.EPERM && (skipsRefused || isNeverThere)))
            throw new SyscallException($"set {name} of {LayerText.Quote(entry.Path.Span)}", (int)-result);
        Add(entry, $"without its attribute {name}: {Errno.Describe((int)-result)}");
    }
}
