namespace Vessel.Commands.CommandLine;

/// <summary>The command line is wrong; the message says what is.</summary>
public sealed class UsageException(string message) : Exception(message);
