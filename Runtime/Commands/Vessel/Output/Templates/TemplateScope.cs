namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>What names mean at a place in a template.</summary>
/// <param name="Dot">The value that <c>.</c> is.</param>
/// <param name="Variables"><c>$</c>, and what <c>:=</c> made.</param>
internal sealed record TemplateScope(object? Dot, Dictionary<string, object?> Variables)
{
    /// <summary>A variable's value.</summary>
    public object? Variable(string name) => Variables.TryGetValue(name, out object? value) ? value : throw new TemplateException($"template parsing error: template: :1: undefined variable {Go.Quote(name)}");

    /// <summary>The same with another dot; what is declared inside stays inside.</summary>
    public TemplateScope With(object? dot) => new(dot, new Dictionary<string, object?>(Variables));
}
