using Vessel.Commands.CommandLine;
using Vessel.Core.Containers;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>One command: its options, its help, and what it does. It parses, calls Core, and prints.</summary>
internal abstract class Command
{
    /// <summary>As it is typed.</summary>
    public abstract string Name { get; }

    /// <summary>Its arguments, as help shows them.</summary>
    public virtual string Usage => "<container-id>";

    /// <summary>What it does, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>What more there is to know: paragraphs, examples.</summary>
    public virtual string Description => "";

    /// <summary>Its options.</summary>
    public virtual IReadOnlyList<Option> Options => [];

    /// <summary>How many arguments it takes.</summary>
    public virtual (int Least, int Most) ArgumentCount => (1, 1);

    /// <summary>Whether what follows the container's id is the program's own (exec).</summary>
    public virtual bool StopsAtArgument => false;

    /// <summary>The exit code when it fails.</summary>
    public virtual int FailureCode => 1;

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    public abstract int Execute(Invocation invocation);

    /// <summary>The container's id among the arguments.</summary>
    protected static ContainerId IdOf(Invocation invocation) => ParseId(invocation.Arguments[0]);

    /// <summary>Reads an id.</summary>
    protected static ContainerId ParseId(string text) =>
        ContainerId.TryParse(text, out ContainerId? id, out string? error) ? id : throw new Core.Errors.RuntimeException(Core.Errors.ErrorKind.InvalidSpec, error);

    /// <summary>The container that the first argument names.</summary>
    protected static Container Find(Invocation invocation) => Container.Open(invocation.Store, IdOf(invocation));
}
