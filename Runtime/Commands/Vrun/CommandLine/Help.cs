using System.Text;
using Vessel.Commands.CommandLine;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>The pages that <c>help</c> and <c>--help</c> print.</summary>
internal static class Help
{
    private const int NameWidth = 30;

    /// <summary>How the program is called, in a line.</summary>
    public const string Usage = "vrun [global options] command [command options] [arguments...]";

    /// <summary>How a command is called, in a line.</summary>
    public static string UsageOf(Command command) => $"vrun {command.Name} {(command.Options.Count > 0 ? "[command options] " : "")}{command.Usage}";

    /// <summary>All commands and the global options.</summary>
    public static string Overview(IEnumerable<Command> commands, IReadOnlyList<Option> global)
    {
        StringBuilder text = new();
        text.Append("NAME:\n   vrun - Open Container Initiative runtime\n\n");
        text.Append("vrun runs containers from OCI bundles. A bundle is a directory with a root filesystem and a config.json\n(`vrun spec` writes one; `vessel bundle` makes one of an image).\n\n");
        text.Append("USAGE:\n   " + Usage + "\n\nEXAMPLE:\n   # cd bundle && vrun run web1\n\nCOMMANDS:\n");
        foreach (Command command in commands)
            text.Append("   ").Append(command.Name.PadRight(12)).Append(command.Summary).Append('\n');
        text.Append("   help        Shows a list of commands or help for one command\n\nGLOBAL OPTIONS:\n");
        AppendOptions(text, global);
        text.Append("   --help, -h".PadRight(NameWidth)).Append("show help\n");
        text.Append("   --version, -v".PadRight(NameWidth)).Append("print the version\n");
        return text.ToString();
    }

    /// <summary>One command.</summary>
    public static string Of(Command command)
    {
        StringBuilder text = new();
        text.Append($"NAME:\n   vrun {command.Name} - {command.Summary}\n\nUSAGE:\n   {UsageOf(command)}\n");
        if (command.Description.Length > 0)
            text.Append("\nDESCRIPTION:\n   ").Append(command.Description.Replace("\n", "\n   ").Replace("   \n", "\n")).Append('\n');
        if (command.Options.Count > 0)
        {
            text.Append("\nOPTIONS:\n");
            AppendOptions(text, command.Options);
        }
        return text.ToString();
    }

    private static void AppendOptions(StringBuilder text, IReadOnlyList<Option> options)
    {
        foreach (Option option in options)
        {
            string value = option.TakesValue ? $" {option.Value}" : "";
            string name = $"   --{option.Name}{value}{(option.Short == '\0' ? "" : $", -{option.Short}{value}")}";
            text.Append(name.Length < NameWidth ? name.PadRight(NameWidth) : name + "\n" + new string(' ', NameWidth)).Append(option.Help).Append('\n');
        }
    }
}
