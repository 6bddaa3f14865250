using Vessel.Core.Containers;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Process;

/// <summary><c>HOME</c>, which shells and tools expect, where the document does not set it.</summary>
internal static class HomeDirectory
{
    /// <summary>The process with <c>HOME</c> from the image's <c>/etc/passwd</c>, as runc does.</summary>
    public static SpecProcess Complete(SpecProcess process, FileDescriptor root, KernelFeatures features)
    {
        foreach (string variable in process.Env)
            if (variable.StartsWith("HOME=", StringComparison.Ordinal))
                return process;
        return process with { Env = [.. process.Env, "HOME=" + UserNames.HomeOf(process.User.Uid, root, features)] };
    }
}
