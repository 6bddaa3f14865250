namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>The user interrupted a command that leaves something behind; the message says what.</summary>
internal sealed class InterruptedException(string message) : OperationCanceledException(message);
