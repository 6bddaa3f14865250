using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static SpecHooks? Hooks(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<SpecHook> prestart = [], createRuntime = [], createContainer = [], startContainer = [], poststart = [], poststop = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "prestart": prestart = json.List(Hook); break;
                case "createRuntime": createRuntime = json.List(Hook); break;
                case "createContainer": createContainer = json.List(Hook); break;
                case "startContainer": startContainer = json.List(Hook); break;
                case "poststart": poststart = json.List(Hook); break;
                case "poststop": poststop = json.List(Hook); break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecHooks
        {
            Prestart = prestart,
            CreateRuntime = createRuntime,
            CreateContainer = createContainer,
            StartContainer = startContainer,
            Poststart = poststart,
            Poststop = poststop,
            Extensions = others,
        };
    }

    private static SpecHook? Hook(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? path = null;
        IReadOnlyList<string> args = [];
        IReadOnlyList<string>? env = null;
        int? timeout = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "path": path = json.AbsolutePath(); break;
                case "args": args = json.TextList(); break;
                case "env": env = json.IsNull ? null : json.TextList(); break;
                case "timeout": timeout = json.Int32(minimum: 1); break;
                default: json.Keep(ref others); break;
            }
        }

        return new SpecHook { Path = json.Required(path, "path"), Args = args, Env = env, Timeout = timeout, Extensions = others };
    }
}
