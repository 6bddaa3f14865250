using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Commands.Vrun.Foreground;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class ExecCommand : Command
{
    public override string Name => "exec";

    public override string Usage => "<container-id> <command> [command options]  || -p process.json <container-id>";

    public override string Summary => "execute new process inside the container";

    public override string Description => "The process has the environment, user, capabilities and filter of the container's own process, unless an option changes them.\n\nEXAMPLE:\n   # vrun exec web1 ps -o pid,comm\n   # vrun exec -t -u 1000:1000 -e LANG=C web1 sh";

    public override IReadOnlyList<Option> Options =>
    [
        new("console-socket", "path to an AF_UNIX socket which will receive a file descriptor referencing the master end of the console's pseudoterminal", "value"),
        new("pidfd-socket", "path to an AF_UNIX socket which will receive a file descriptor referencing the exec process", "value"),
        new("cwd", "current working directory in the container", "value"),
        new("env", "set environment variables", "value", 'e'),
        new("tty", "allocate a pseudo-TTY", Short: 't'),
        new("user", "UID (format: <uid>[:<gid>])", "value", 'u'),
        new("additional-gids", "additional gids", "value", 'g'),
        new("process", "path to the process.json", "value", 'p'),
        new("detach", "detach from the container's process", Short: 'd'),
        new("pid-file", "specify the file to write the process id to", "value"),
        new("process-label", "set the asm process label for the process commonly used with selinux", "value"),
        new("apparmor", "set the apparmor profile for the process", "value"),
        new("no-new-privs", "set the no new privileges value for the process"),
        new("cap", "add a capability to the bounding set for the process", "value", 'c'),
        new("preserve-fds", "Pass N additional file descriptors to the container (stdio + $LISTEN_FDS + N in total) (default: 0)", "value"),
        new("cgroup", "run the process in an (existing) sub-cgroup(s). Format is [<controller>:]<cgroup>", "value"),
        new("ignore-paused", "allow exec in a paused container"),
    ];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override bool StopsAtArgument => true;

    public override int FailureCode => 255;

    public override int Execute(Invocation invocation)
    {
        Container container = Find(invocation);
        Spec spec = container.ExecDefaults();
        SpecProcess process = ReadProcess(invocation, spec);
        bool detach = invocation.Options.Has("detach");
        string? socket = BundleOptions.NotEmpty(invocation.Options.Text("console-socket"));
        if (process.Terminal && detach && socket is null)
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot allocate tty if runtime will detach without setting console socket");
        if (socket is not null && (!process.Terminal || !detach))
            throw new RuntimeException(ErrorKind.InvalidSpec, "cannot use console socket if runtime will not detach or allocate tty");
        ForegroundSession? session = detach ? null : ForegroundSession.Begin(subreaper: false);
        ExecOptions options = new()
        {
            Process = process,
            PidFile = BundleOptions.NotEmpty(invocation.Options.Text("pid-file")),
            ConsoleSocket = socket,
            PidfdSocket = BundleOptions.NotEmpty(invocation.Options.Text("pidfd-socket")),
            PreservedDescriptors = BundleOptions.PreservedDescriptors(invocation.Options),
            SubCgroups = ReadSubCgroups(invocation.Options.All("cgroup")),
            Debug = invocation.Log.IsDebug ? invocation.Log.Debug : null,
            IgnorePaused = invocation.Options.Has("ignore-paused"),
        };
        (ProcessHandle child, FileDescriptor? master) = container.Exec(invocation.Host, spec, options);
        using (child)
            return session is null ? 0 : session.Wait(child, master);
    }

    private static SpecProcess ReadProcess(Invocation invocation, Spec spec)
    {
        ParsedOptions options = invocation.Options;
        if (BundleOptions.NotEmpty(options.Text("process")) is { } path)
        {
            if (invocation.Arguments.Count > 1)
                throw new UsageException("a command and --process exclude each other");
            using FileDescriptor file = Files.Open(null, path, Native.Raw.Open.O_RDONLY);
            List<string> unknown = [];
            SpecProcess process = SpecReader.ReadProcess(Files.ReadAll(file, path, Bundle.ConfigLimit), path, unknown);
            invocation.Log.WarnOfUnknown(unknown);
            return process;
        }
        if (invocation.Arguments.Count < 2)
            throw new UsageException("process args cannot be empty");
        SpecProcess own = spec.Process!;
        return own with
        {
            Args = [.. invocation.Arguments.Skip(1)],
            Terminal = options.Has("tty"),
            ConsoleSize = null,
            Cwd = BundleOptions.NotEmpty(options.Text("cwd")) ?? own.Cwd,
            Env = [.. own.Env, .. options.All("env")],
            User = ReadUser(own.User, options),
            NoNewPrivileges = options.Text("no-new-privs") is null ? own.NoNewPrivileges : options.Has("no-new-privs"),
            ApparmorProfile = BundleOptions.NotEmpty(options.Text("apparmor")) ?? own.ApparmorProfile,
            SelinuxLabel = BundleOptions.NotEmpty(options.Text("process-label")) ?? own.SelinuxLabel,
            Capabilities = AddCapabilities(own.Capabilities, options.All("cap")),
            OomScoreAdj = null,
        };
    }

    private static SpecUser ReadUser(SpecUser own, ParsedOptions options)
    {
        SpecUser user = own;
        if (BundleOptions.NotEmpty(options.Text("user")) is { } text)
        {
            string[] parts = text.Split(':');
            if (parts.Length > 2)
                throw new UsageException($"parsing user \"{text}\": want <uid>[:<gid>]");
            user = user with { Uid = ParseId(parts[0], "uid"), Gid = parts.Length == 2 ? ParseId(parts[1], "gid") : user.Gid };
        }
        IReadOnlyList<string> groups = options.All("additional-gids");
        return groups.Count == 0 ? user : user with { AdditionalGids = [.. user.AdditionalGids, .. groups.SelectMany(g => g.Split(',')).Select(g => ParseId(g, "gid"))] };
    }

    // Digits only, and within 32 bits: no sign, no name that an image could define.
    private static uint ParseId(string text, string what)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit) && uint.TryParse(text, out uint id) && id <= int.MaxValue)
            return id;
        throw new UsageException($"parsing \"{text}\" as int for {what} failed");
    }

    private static LinuxCapabilities? AddCapabilities(LinuxCapabilities? own, IReadOnlyList<string> added)
    {
        if (added.Count == 0)
            return own;
        own ??= new LinuxCapabilities();
        foreach (string name in added)
            if (!Core.Security.Capabilities.TryGetNumber(name, out _))
                throw new UsageException($"unknown capability \"{name}\"");
        // Inheritable and ambient stay as they are (CVE-2022-29162).
        return own with
        {
            Bounding = [.. own.Bounding, .. added],
            Effective = [.. own.Effective, .. added],
            Permitted = [.. own.Permitted, .. added],
        };
    }

    private static Dictionary<string, string> ReadSubCgroups(IReadOnlyList<string> values)
    {
        Dictionary<string, string> cgroups = [];
        foreach (string value in values)
        {
            int colon = value.IndexOf(':');
            string[] controllers = colon < 0 ? [""] : value[..colon].Split(',');
            foreach (string controller in controllers)
                cgroups[controller] = value[(colon + 1)..];
        }
        return cgroups;
    }
}
