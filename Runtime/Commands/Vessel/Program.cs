using System.Runtime.InteropServices;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Commands;
using Vessel.Images;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vessel;

/// <summary>The command that people type.</summary>
internal static class Program
{
    // docker's, for a command line that it doesn't understand.
    private const int UsageCode = 125;

    private static readonly Option[] GlobalOptions =
    [
        new("config", "Location of client config files (default \"~/.docker\")", "string"),
        new("config-file", "File with the settings (default \"/etc/vessel/daemon.json\")", "string"),
        new("debug", "Print requests to registries, and the manifests chosen, to standard error", Short: 'D'),
        new("data-root", "Directory of the images (default \"/var/lib/vessel\")", "string"),
        Help.Option,
        new("log-level", "\"debug\" is --debug; \"info\", \"warn\", \"error\" and \"fatal\" change nothing", "string", 'l'),
        new("storage-driver", "How new layers are kept: \"erofs\" (images) or \"overlay2\" (directories) (default: erofs if the kernel has it)", "string"),
        new("version", "Print version information and quit", Short: 'v'),
    ];

    public static async Task<int> Main(string[] arguments)
    {
        Files.OpenMissingStandardStreams();
        ResourceLimits.RaiseOpenFiles();
        using CancellationTokenSource stop = new();
        int signal = 0;
        void Stop(PosixSignalContext context)
        {
            // Who asks twice doesn't wait for what is being tidied up.
            context.Cancel = !stop.IsCancellationRequested;
            signal = context.Signal == PosixSignal.SIGTERM ? 15 : 2;
            stop.Cancel();
        }

        // As SIGPIPE, which the runtime ignores, would end it.
        StandardStreams.WhenNobodyReads = () =>
        {
            signal = 13;
            stop.Cancel();
        };
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await RunAsync(arguments, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // The terminal shows ^C where the cursor is; what follows begins on a line of its own.
            if (signal == 2 && !Console.IsErrorRedirected)
                Write("\n");
            return e is InterruptedException ? Fail(e.Message, 128 + signal) : 128 + signal;
        }
        catch (Exception e) when (e is ImageException or SyscallException or DocumentException or InvalidDataException)
        {
            return Fail(e.Message, 1);
        }
        catch (ClientException e)
        {
            return Fail(e.Message, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(SystemWords.Of(e), 1);
        }
        catch (Exception e)
        {
            // A bug of ours; even then a line, with what a report needs.
            return Fail($"internal error: {e.GetType().Name}: {e.Message}", 1);
        }
    }

    private static async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        ParsedOptions global;
        int next;
        string usage = UsageLine("[OPTIONS] COMMAND [ARG...]", "");
        try
        {
            global = FlagParser.Parse(arguments, 0, GlobalOptions, ownArguments: 0, out next);
        }
        catch (UsageException e)
        {
            return Fail(e.Message + usage, UsageCode);
        }
        if (global.Text("log-level") is { } level && level is not ("debug" or "info" or "warn" or "error" or "fatal"))
            return Fail($"invalid log level \"{level}\": it is debug, info, warn, error or fatal{usage}", UsageCode);
        if (global.Has("version"))
            return Print($"Vessel version {VersionCommand.Text.Split('+')[0]}\n");
        if (next < arguments.Length && arguments[next] == "help" && !global.Has("help"))
        {
            // `help pull` is `pull --help`.
            if (next + 1 < arguments.Length && CommandList.All.All(c => c.Words.Split(' ')[0] != arguments[next + 1]))
                return Fail($"unknown help topic: {string.Join(' ', arguments[(next + 1)..])}{Hint(null, arguments[next + 1])}{usage}", 1);
            arguments = [.. arguments[..next], .. arguments[(next + 1)..], "--help"];
        }
        if (next >= arguments.Length || global.Has("help") || arguments[next] == "--help")
            return Print(Help.Overview(null, GlobalOptions));
        string word = arguments[next], words = word;
        if (word == Completion.Command)
            return Print(Completion.Of(arguments[(next + 1)..], GlobalOptions, global, NamesOfImages));
        bool isGroup = CommandList.Groups.Contains(word);
        if (isGroup && (next + 1 >= arguments.Length || arguments[next + 1] is "--help" or "-h"))
            return Print(Help.Overview(word, []));
        // `bundle` is a command, and there are others that begin with it.
        if (isGroup || (next + 1 < arguments.Length && CommandList.All.Any(c => c.Words == $"{word} {arguments[next + 1]}")))
            words = $"{word} {arguments[++next]}";
        if (CommandList.All.FirstOrDefault(c => c.Words == words) is not { } name)
        {
            string? group = words == word ? null : word;
            return Fail($"unknown command: vessel {words}{Hint(group, arguments[next])}{UsageLine(group is null ? "[OPTIONS] COMMAND [ARG...]" : $"{group} COMMAND", group ?? "")}", 1);
        }
        return await RunAsync(global, name, arguments, next + 1, cancellation).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(ParsedOptions global, CommandName name, string[] arguments, int start, CancellationToken cancellation)
    {
        Command command = name.Make();
        string usage = UsageLine($"{name.Words} {command.Usage}", name.Words);
        try
        {
            ParsedOptions options = FlagParser.Parse(arguments, start, [.. command.Options, Help.Option], command.OwnArguments, out int rest);
            options.Arguments.AddRange(arguments.Skip(rest));
            if (options.Has("help"))
                return Print(Help.Of(name.Words, command, Aliases(command)));
            (int least, int most) = command.ArgumentCount;
            if (options.Arguments.Count < least || options.Arguments.Count > most)
                return Fail($"'vessel {name.Words}' requires {Count(least, most, options.Arguments.Count)}{usage}", 1);
            return await command.ExecuteAsync(new Invocation(global, options), cancellation).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            return Fail(e.Message + usage, UsageCode);
        }
    }

    private static IEnumerable<string> NamesOfImages(ParsedOptions global)
    {
        try
        {
            // Those that one types; not by digest.
            return [.. new Invocation(global, new ParsedOptions()).Images.List().SelectMany(i => i.Names).Where(n => n.Digest is null).Select(n => n.FamiliarText)];
        }
        catch (Exception e) when (e is ImageException or SyscallException or DocumentException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // best effort: a user who may not read the store gets nothing offered.
            return [];
        }
    }

    // How a command is called, below an error.
    private static string UsageLine(string usage, string words) => $"\n\nUsage:  vessel {usage}\n\nRun 'vessel {(words.Length > 0 ? words + " " : "")}--help' for more information";

    private static string Hint(string? group, string typed) => Nearest.Hint(typed, CommandList.After(group).Select(c => c.Name));

    private static IEnumerable<string> Aliases(Command command) => CommandList.All.Where(c => c.Make().GetType() == command.GetType()).Select(c => c.Words);

    private static string Count(int least, int most, int given) => (least, most) switch
    {
        (0, 0) => "no arguments",
        _ when least == most => $"{least} argument{(least == 1 ? "" : "s")}",
        _ when given < least => $"at least {least} argument{(least == 1 ? "" : "s")}",
        _ => $"at most {most} argument{(most == 1 ? "" : "s")}",
    };

    private static int Print(string text)
    {
        StandardStreams.Output.Write(text);
        return 0;
    }

    private static int Fail(string text, int code)
    {
        Write($"vessel: {text}\n");
        return code;
    }

    private static void Write(string text)
    {
        try
        {
            StandardStreams.Error.Write(text);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // best effort: nobody reads it; the exit code says it.
        }
    }
}
