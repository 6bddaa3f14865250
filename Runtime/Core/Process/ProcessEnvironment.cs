using Vessel.Core.Containers;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Process;

/// <summary>The environment as the program gets it.</summary>
internal static class ProcessEnvironment
{
    /// <summary>The process with each variable once, the last value where a name is given twice, and with <c>HOME</c>, which shells and tools expect,
    /// from the image's <c>/etc/passwd</c> where the document sets none or an empty one; as runc does.</summary>
    public static SpecProcess Complete(SpecProcess process, FileDescriptor root, KernelFeatures features)
    {
        List<string> variables = new(process.Env.Count + 1);
        Dictionary<string, int> places = new(process.Env.Count, StringComparer.Ordinal);
        foreach (string variable in process.Env)
        {
            int equals = variable.IndexOf('=');
            string name = equals < 0 ? variable : variable[..equals];
            if (places.TryGetValue(name, out int place))
            {
                variables[place] = variable;
                continue;
            }
            places.Add(name, variables.Count);
            variables.Add(variable);
        }
        const string Empty = "HOME=";
        if (!places.TryGetValue("HOME", out int home))
            variables.Add(Empty + UserNames.HomeOf(process.User.Uid, root, features));
        else if (variables[home] == Empty)
            variables[home] = Empty + UserNames.HomeOf(process.User.Uid, root, features);
        return process with { Env = variables };
    }
}
