using Vessel.Commands.Vrun.CommandLine;

namespace Vessel.Commands.Vrun.Commands;

/// <summary>All commands. A command is made only when it is called.</summary>
internal static class CommandList
{
    private static readonly string[] Names =
        ["create", "delete", "doctor", "events", "exec", "explain", "features", "kill", "list", "pause", "ps", "resume", "run", "spec", "start", "state", "update"];

    /// <summary>The command of that name; null where there is none.</summary>
    public static Command? Find(string name) => name switch
    {
        "create" => new CreateCommand(),
        "delete" => new DeleteCommand(),
        "doctor" => new DoctorCommand(),
        "events" => new EventsCommand(),
        "exec" => new ExecCommand(),
        "explain" => new ExplainCommand(),
        "features" => new FeaturesCommand(),
        "kill" => new KillCommand(),
        "list" => new ListCommand(),
        "pause" => new PauseCommand(),
        "ps" => new PsCommand(),
        "resume" => new ResumeCommand(),
        "run" => new RunCommand(),
        "spec" => new SpecCommand(),
        "start" => new StartCommand(),
        "state" => new StateCommand(),
        "update" => new UpdateCommand(),
        _ => null,
    };

    /// <summary>All of them, by name.</summary>
    public static IEnumerable<Command> All() => Names.Select(name => Find(name)!);
}
