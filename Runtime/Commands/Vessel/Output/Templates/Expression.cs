namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>A pipeline: what an action computes.</summary>
internal sealed class Expression
{
    private readonly List<Token> tokens;
    private int at;
    private TemplateScope scope = null!;

    // What is read only to get past it has no value, and no error either.
    private bool skips;

    public Expression(List<Token> tokens)
    {
        this.tokens = tokens;
        if (tokens.Count == 0)
            throw new TemplateException("template: :1: missing value for command");
        foreach (Token token in tokens)
            if (token.Kind == TokenKind.Word && token.Text is not ("true" or "false" or "nil") && !Functions.Exists(token.Text))
                throw new TemplateException($"template: :1: function {Go.Quote(token.Text)} not defined");
        if (tokens.Count(t => t.Text == "(" && t.Kind == TokenKind.Sign) != tokens.Count(t => t.Text == ")" && t.Kind == TokenKind.Sign))
            throw new TemplateException("template: :1: unclosed left paren");
    }

    /// <summary>Computes it.</summary>
    public object? Evaluate(TemplateScope where)
    {
        (at, scope) = (0, where);
        return Pipeline();
    }

    private object? Pipeline()
    {
        object? value = Command(null, hasPiped: false);
        while (at < tokens.Count && Is("|"))
        {
            at++;
            value = Command(value, hasPiped: true);
        }
        return value;
    }

    // A function with its arguments, the piped value last; or one operand.
    private object? Command(object? piped, bool hasPiped)
    {
        if (at < tokens.Count && tokens[at] is { Kind: TokenKind.Word } word && Functions.Exists(word.Text))
        {
            at++;
            // The first argument that decides an `and` or `or` is the last one that is looked at.
            bool? deciding = word.Text switch { "and" => false, "or" => true, _ => null };
            List<object?> arguments = [];
            bool isDecided = false, outer = skips;
            while (at < tokens.Count && !Is("|") && !Is(")"))
            {
                skips = outer || isDecided;
                object? argument = Operand();
                if (isDecided)
                    continue;
                arguments.Add(argument);
                isDecided = Go.IsTrue(argument) == deciding;
            }
            skips = outer;
            if (hasPiped && !isDecided)
                arguments.Add(piped);
            return skips ? null : Functions.Call(word.Text, [.. arguments]);
        }
        if (hasPiped)
            throw new TemplateException("template: :1: non executable command in pipeline stage 2");
        return Operand();
    }

    private object? Operand()
    {
        if (at >= tokens.Count)
            throw new TemplateException("template: :1: missing value for command");
        Token token = tokens[at++];
        object? value;
        switch (token.Kind)
        {
            case TokenKind.Text: return token.Text;
            case TokenKind.Number: return Go.ParseNumber(token.Text);
            case TokenKind.Word when token.Text is "true" or "false": return token.Text == "true";
            case TokenKind.Word when token.Text == "nil": return null;
            case TokenKind.Word: return skips ? null : Functions.Call(token.Text, []);
            case TokenKind.Variable: value = scope[token.Text]; break;
            case TokenKind.Field: value = token.Text == "." ? scope.Dot : MemberOf(scope.Dot, token.Text[1..]); break;
            case TokenKind.Sign when token.Text == "(":
                value = Pipeline();
                at++;
                break;
            default: throw new TemplateException($"template: :1: unexpected {Go.Quote(token.Text)} in operand");
        }
        while (at < tokens.Count && tokens[at] is { Kind: TokenKind.Field, Text.Length: > 1, IsAttached: true } field)
        {
            value = MemberOf(value, field.Text[1..]);
            at++;
        }
        return value;
    }

    private object? MemberOf(object? value, string name) => skips ? null : Member(value, name);

    private static object? Member(object? value, string name) => value switch
    {
        Map map when map.TryGetValue(name, out object? member) || map.Unsaid.TryGetValue(name, out member) => member,
        Map { IsOpen: true } => null,
        Map => throw new TemplateException($"template: :1: executing \"\" at <.{name}>: map has no entry for key {Go.Quote(name)}"),
        null => throw new TemplateException($"template: :1: executing \"\" at <.{name}>: nil data; no entry for key {Go.Quote(name)}"),
        _ => throw new TemplateException($"template: :1: executing \"\" at <.{name}>: can't evaluate field {name} in type {value.GetType().Name.ToLowerInvariant()}"),
    };

    private bool Is(string sign) => tokens[at].Kind == TokenKind.Sign && tokens[at].Text == sign;
}
