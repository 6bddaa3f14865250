using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>An unpacked OCI bundle: a folder with config.json and the root filesystem.</summary>
/// <param name="Folder">Absolute.</param>
/// <param name="Spec">What its config.json says, or the caller in place of it.</param>
public sealed record Bundle(string Folder, Spec Spec)
{
    /// <summary>Bytes that a config.json may have.</summary>
    public const int ConfigLimit = 16 << 20;

    /// <summary>What its config.json says, or the caller in place of it.</summary>
    public Spec Spec
    {
        get;
        init => (field, Read) = (value, null);
    } = Spec;

    /// <summary>The spec as a document: as it was read, or written anew.</summary>
    internal byte[] ConfigBytes
    {
        get
        {
            if (Read is not null)
                return Read;
            using StringWriter text = new();
            SpecWriter.Write(Spec, text);
            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }

    /// <summary>The root filesystem, where it is not the directory that <c>root.path</c> names: a mount, attached or not (fsmount(2), open_tree(2)), or a
    /// directory of one. The descriptor stays the caller's.</summary>
    /// <remarks>
    /// The container has a mount of its own in its own mount namespace, so that the host's mount table shows nothing, and nothing is left to be unmounted: the
    /// mount ends with the container and the caller's descriptor. Before Linux 6.15 a mount that is attached nowhere serves one container only.
    /// </remarks>
    public FileDescriptor? RootFilesystem { get; init; }

    /// <summary>Members of its config.json that the specification does not have, by their paths: <c>root.readonli</c>. They have no effect.</summary>
    public IReadOnlyList<string> UnknownMembers { get; init; } = [];

    /// <summary>The warning about such a member.</summary>
    public static string UnknownMember(string path) => $"{path}: ignored: the specification has no such member";

    private byte[]? Read { get; init; }

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="RuntimeException">There is no config.json, or it is too large.</exception>
    /// <exception cref="Oci.Json.DocumentException">It is wrong.</exception>
    public static Bundle Load(string folder)
    {
        string absolute = Path.GetFullPath(folder);
        string config = absolute + "/config.json";
        nint result = Files.TryOpen(null, config, O_RDONLY);
        if (result is -Errno.ENOENT or -Errno.ENOTDIR)
            throw new RuntimeException(ErrorKind.NotFound, $"JSON specification file {config} not found: {SyscallException.Describe((int)-result)}");
        using FileDescriptor file = new((int)Check.Ok(result, "open", config));
        byte[] bytes = Files.ReadAll(file, config, ConfigLimit);
        List<string> unknown = [];
        return new Bundle(absolute, SpecReader.Read(bytes, unknown: unknown)) { Read = bytes, UnknownMembers = unknown };
    }

    /// <summary>Opens the root filesystem; links in the host's own path to it are followed.</summary>
    /// <returns>The folder, and its path without links; or a mount of its own of <see cref="RootFilesystem"/>, attached nowhere.</returns>
    /// <exception cref="RuntimeException">It isn't there, or is no folder.</exception>
    public (FileDescriptor Root, string Path) OpenRootfs()
    {
        string path = Path.GetFullPath(Path.Combine(Folder, Spec.Root!.Path));
        if (RootFilesystem is not null)
            return (Files.CloneMount(RootFilesystem), path);
        nint result = Files.TryOpen(null, path, O_PATH | O_DIRECTORY);
        if (result < 0)
            throw new RuntimeException(ErrorKind.NotFound, $"root.path: {path}: {SyscallException.Describe((int)-result)}");
        FileDescriptor root = new((int)result);
        return (root, Files.ReadLink(null, $"/proc/self/fd/{root.Number}") ?? path);
    }
}
