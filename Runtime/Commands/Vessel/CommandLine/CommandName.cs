namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>A way to say a command.</summary>
/// <param name="Words">As typed: <c>images</c>, <c>image ls</c>.</param>
/// <param name="Make">Makes the command; only for the one that was called, or for help.</param>
/// <param name="IsAlias">Whether help leaves it out of its lists.</param>
internal sealed record CommandName(string Words, Func<Command> Make, bool IsAlias = false);
