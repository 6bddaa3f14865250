using Vessel.Commands.CommandLine;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>One command: its options, its help, and what it does. It parses, calls the library, and prints.</summary>
internal abstract class Command
{
    /// <summary>Its options and arguments, as help shows them.</summary>
    public abstract string Usage { get; }

    /// <summary>What it does, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>Its options.</summary>
    public virtual IReadOnlyList<Option> Options => [];

    /// <summary>How many arguments it takes.</summary>
    public abstract (int Least, int Most) ArgumentCount { get; }

    /// <summary>After how many arguments a program's own begin, whose options are not the command's.</summary>
    public virtual int OwnArguments => int.MaxValue;

    /// <summary>What an argument is, counted from 0.</summary>
    public virtual ArgumentKind Argument(int index) => ArgumentKind.Other;

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    public abstract Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation);
}
