namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>What was typed makes no sense to the command itself: no engine was asked. The message is all that is printed.</summary>
internal class ClientException(string message, Exception? inner = null) : Exception(message, inner);
