using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Commands.Vrun.Commands;
using Vessel.Core.Errors;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vrun;

/// <summary>The low-level runtime's command line.</summary>
internal static class Program
{
    private const int UsageCode = 1;

    private static readonly Option[] GlobalOptions =
    [
        new("root", "root directory for storage of container state (this should be located in tmpfs) (default: \"/run/vrun\"; not as root: \"$XDG_RUNTIME_DIR/vrun\")", "value"),
        new("log", "set the log file to write logs to (default is '/dev/stderr')", "value"),
        new("log-format", "set the log format ('text' (default), or 'json')", "value"),
        new("debug", "enable debug logging"),
        new("systemd-cgroup", "have systemd make the container's cgroup: cgroupsPath is then \"slice:prefix:name\""),
        new("rootless", "ignore cgroup permission errors ('true', 'false', or 'auto') (default: \"auto\")", "value"),
        new("criu", "ignored: there is no checkpoint", "value"),
        new("help", "show help", Short: 'h'),
        new("version", "print the version", Short: 'v'),
    ];

    private static Option[] ShownGlobalOptions => GlobalOptions[..6];

    public static int Main(string[] arguments)
    {
        RunLog? log = null;
        string attempt = "";
        string? usage = Help.Usage;
        int failureCode = UsageCode;
        try
        {
            Files.OpenMissingStandardStreams();
            InheritedDescriptors.CountNow();
            arguments = CommandLineBytes.Exact(arguments);
            ParsedOptions global = OptionParser.Parse(arguments, 0, GlobalOptions, stopAtArgument: true, out int next);
            log = new RunLog(global);
            if (global.Has("version"))
                return Print(VersionText.Get());
            string name = next < arguments.Length ? arguments[next] : "help";
            if (global.Has("help") || name is "help" or "h")
                return PrintHelp(next + 1 < arguments.Length ? arguments[next + 1] : null);
            if (CommandList.Find(name) is not { } command)
                throw new UsageException($"unknown command \"{Shorten(name)}\"{Nearest.Hint(name, CommandList.All().Select(c => c.Name))}");
            usage = Help.UsageOf(command);
            failureCode = command.FailureCode;
            ParsedOptions options = OptionParser.Parse(arguments, next + 1, [.. command.Options, .. HelpOption], command.StopsAtArgument, out int rest);
            for (; rest < arguments.Length; rest++)
                options.Arguments.Add(arguments[rest]);
            if (options.Has("help"))
                return PrintHelp(name);
            attempt = options.Arguments.Count > 0 ? $"{command.Name} {Shorten(options.Arguments[0])}: " : $"{command.Name}: ";
            CheckCount(command, options.Arguments.Count);
            // The version is looked up by reflection, which takes as long as many a command.
            if (log.IsDebug)
                log.Debug($"vrun {VersionText.Number}: {attempt.TrimEnd(':', ' ')}");
            // From here on the command line has its form: what is wrong with a value, the error says.
            usage = null;
            return command.Execute(new Invocation(global, options, log));
        }
        catch (UsageException e)
        {
            (log ?? new RunLog(new ParsedOptions())).Error($"{attempt}{e.Message}", usage);
            return UsageCode;
        }
        catch (Exception e) when (e is RuntimeException or SyscallException or DocumentException or InvalidDataException or FormatException)
        {
            (log ?? new RunLog(new ParsedOptions())).Error($"{attempt}{e.Message}");
            return failureCode;
        }
        catch (Exception e)
        {
            // A bug of ours; even then a line, with what a report needs.
            (log ?? new RunLog(new ParsedOptions())).Error($"{attempt}internal error: {e.GetType().Name}: {e.Message}");
            return failureCode;
        }
    }

    private static Option[] HelpOption => [new("help", "show help", Short: 'h')];

    private static int Print(string text)
    {
        Invocation.Print(text);
        return 0;
    }

    private static int PrintHelp(string? name)
    {
        if (name is null)
            return Print(Help.Overview(CommandList.All(), ShownGlobalOptions));
        return Print(Help.Of(CommandList.Find(name) ?? throw new UsageException($"no help for the unknown command \"{Shorten(name)}\"{Nearest.Hint(name, CommandList.All().Select(c => c.Name))}")));
    }

    private static void CheckCount(Command command, int count)
    {
        (int least, int most) = command.ArgumentCount;
        if (count < least)
            throw new UsageException($"\"vrun {command.Name}\" requires {(least == most ? "exactly" : "a minimum of")} {least} argument(s)");
        if (count > most)
            throw new UsageException($"\"vrun {command.Name}\" requires {(least == most ? "exactly" : "a maximum of")} {most} argument(s)");
    }

    // An argument came from outside and may be of any length.
    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
