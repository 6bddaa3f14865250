namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>What names mean at a place in a template.</summary>
internal sealed class TemplateScope
{
    private readonly Dictionary<string, Variable> variables;

    /// <summary>The outermost one.</summary>
    /// <param name="value">What <c>.</c> and <c>$</c> are.</param>
    public TemplateScope(object? value) => (Dot, variables) = (value, new() { ["$"] = new Variable { Value = value } });

    private TemplateScope(object? dot, Dictionary<string, Variable> variables) => (Dot, this.variables) = (dot, variables);

    /// <summary>The value that <c>.</c> is.</summary>
    public object? Dot { get; }

    /// <summary>A variable's value.</summary>
    public object? this[string name]
    {
        get => Find(name).Value;
        set => Find(name).Value = value;
    }

    /// <summary>Makes a variable, which another of its name outside is not.</summary>
    public void Declare(string name, object? value) => variables[name] = new Variable { Value = value };

    /// <summary>The same with another dot; what is declared inside stays inside.</summary>
    public TemplateScope With(object? dot) => new(dot, new Dictionary<string, Variable>(variables));

    private Variable Find(string name) =>
        variables.TryGetValue(name, out Variable? variable) ? variable : throw new TemplateException($"template: :1: undefined variable {Go.Quote(name)}");

    private sealed class Variable
    {
        public object? Value { get; set; }
    }
}
