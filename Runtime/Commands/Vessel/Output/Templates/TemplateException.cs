using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>A template that is none, or asks for what isn't there; what is printed is what docker's user sees.</summary>
/// <param name="message">As Go says it: <c>template: :1: …</c>.</param>
internal sealed class TemplateException(string message) : ClientException("template parsing error: " + message);
