using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>A template that is none, or asks for what isn't there; the message is what docker's user sees.</summary>
internal sealed class TemplateException(string message) : ClientException(message.StartsWith("template:", StringComparison.Ordinal) ? "template parsing error: " + message : message);
