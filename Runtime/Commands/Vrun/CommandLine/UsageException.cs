namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>The command line is wrong; the message says what is.</summary>
internal sealed class UsageException(string message) : Exception(message);
