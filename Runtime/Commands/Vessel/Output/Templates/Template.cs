using System.Collections;
using System.Text;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>A template of Go's text/template, as <c>--format</c> takes them: fields, functions, pipelines, variables, if, range and with.</summary>
/// <remarks>Written by hand: no library has Go's language, and people's scripts are written in it.</remarks>
internal sealed class Template
{
    private readonly List<Action<TemplateScope, StringBuilder>> body;

    private Template(List<Action<TemplateScope, StringBuilder>> body) => this.body = body;

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">It is none.</exception>
    public static Template Parse(string text)
    {
        List<(bool IsAction, string Text)> parts = Split(text);
        int at = 0;
        Template template = new(Block(parts, ref at, out string? end));
        return end is null ? template : throw new TemplateException($"template: :1: unexpected {{{{{end}}}}}");
    }

    /// <summary>What it makes of a value.</summary>
    public string Render(object? value)
    {
        StringBuilder text = new();
        TemplateScope scope = new(value);
        body.ForEach(part => part(scope, text));
        return text.ToString();
    }

    private static List<(bool IsAction, string Text)> Split(string text)
    {
        List<(bool, string)> parts = [];
        bool trimsNext = false;
        for (int i = 0; i < text.Length;)
        {
            int open = text.IndexOf("{{", i, StringComparison.Ordinal);
            string plain = open < 0 ? text[i..] : text[i..open];
            if (trimsNext)
                plain = plain.TrimStart();
            trimsNext = false;
            if (open < 0)
            {
                parts.Add((false, plain));
                break;
            }
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new TemplateException("template: :1: unclosed action");
            string action = text[(open + 2)..close];
            if (action.StartsWith("- ", StringComparison.Ordinal))
                (plain, action) = (plain.TrimEnd(), action[2..]);
            if (action.EndsWith(" -", StringComparison.Ordinal))
                (trimsNext, action) = (true, action[..^2]);
            parts.Add((false, plain));
            if (!action.TrimStart().StartsWith("/*", StringComparison.Ordinal))
                parts.Add((true, action.Trim()));
            i = close + 2;
        }
        return parts;
    }

    // Up to {{end}} or {{else …}}, which is handed to who began the block.
    private static List<Action<TemplateScope, StringBuilder>> Block(List<(bool IsAction, string Text)> parts, ref int at, out string? end)
    {
        List<Action<TemplateScope, StringBuilder>> block = [];
        for (end = null; at < parts.Count;)
        {
            (bool isAction, string text) = parts[at++];
            if (!isAction)
            {
                block.Add((_, output) => output.Append(text));
                continue;
            }
            string word = text.Split(' ', 2)[0];
            string rest = text[word.Length..].TrimStart();
            switch (word)
            {
                case "end" or "else":
                    end = text;
                    return block;
                case "if" or "with":
                    block.Add(Choice(word, rest, parts, ref at));
                    break;
                case "range":
                    block.Add(Range(rest, parts, ref at));
                    break;
                default:
                    block.Add(Plain(Tokens.Read(text)));
                    break;
            }
        }
        return block;
    }

    private static Action<TemplateScope, StringBuilder> Plain(List<Token> tokens)
    {
        if (tokens is [{ Kind: TokenKind.Variable } variable, { Text: ":=" or "=" }, ..])
        {
            Expression value = new(tokens[2..]);
            return tokens[1].Text == "=" ? (scope, _) => scope[variable.Text] = value.Evaluate(scope) : (scope, _) => scope.Declare(variable.Text, value.Evaluate(scope));
        }
        Expression expression = new(tokens);
        return (scope, output) => output.Append(Go.Print(expression.Evaluate(scope)));
    }

    private static Action<TemplateScope, StringBuilder> Choice(string word, string condition, List<(bool IsAction, string Text)> parts, ref int at)
    {
        List<Token> tokens = Tokens.Read(condition);
        string? name = tokens is [{ Kind: TokenKind.Variable } variable, { Text: ":=" }, ..] ? variable.Text : null;
        Expression expression = new(name is null ? tokens : tokens[2..]);
        List<Action<TemplateScope, StringBuilder>> then = Block(parts, ref at, out string? end), otherwise = [];
        if (end?.Split(' ', 3) is ["else", "if" or "with", _] other && other[1] == word)
            otherwise.Add(Choice(word, other[2], parts, ref at));
        else if (end == "else")
            otherwise = Block(parts, ref at, out end);
        if (end is null)
            throw Unclosed();
        return (scope, output) =>
        {
            object? value = expression.Evaluate(scope);
            TemplateScope inner = scope.With(word == "with" && Go.IsTrue(value) ? value : scope.Dot);
            if (name is not null)
                inner.Declare(name, value);
            (Go.IsTrue(value) ? then : otherwise).ForEach(part => part(inner, output));
        };
    }

    private static Action<TemplateScope, StringBuilder> Range(string text, List<(bool IsAction, string Text)> parts, ref int at)
    {
        List<Token> tokens = Tokens.Read(text);
        int declares = tokens.FindIndex(t => t is { Kind: TokenKind.Sign, Text: ":=" });
        List<string> names = [.. tokens.Take(Math.Max(0, declares)).Where(t => t.Kind == TokenKind.Variable).Select(t => t.Text)];
        Expression expression = new(tokens[(declares + 1)..]);
        List<Action<TemplateScope, StringBuilder>> each = Block(parts, ref at, out string? end), none = [];
        if (end == "else")
            none = Block(parts, ref at, out end);
        if (end is null)
            throw Unclosed();
        return (scope, output) =>
        {
            List<(object? Key, object? Value)> elements = Elements(expression.Evaluate(scope));
            foreach ((object? key, object? value) in elements)
            {
                TemplateScope inner = scope.With(value);
                if (names.Count > 0)
                    inner.Declare(names[^1], value);
                if (names.Count > 1)
                    inner.Declare(names[0], key);
                each.ForEach(part => part(inner, output));
            }
            if (elements.Count == 0)
                none.ForEach(part => part(scope, output));
        };
    }

    private static List<(object? Key, object? Value)> Elements(object? value) => value switch
    {
        null => [],
        Map map => [.. map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => ((object?)m.Key, m.Value))],
        IEnumerable list and not string => [.. list.Cast<object?>().Select((v, i) => ((object?)(long)i, v))],
        _ => throw new TemplateException($"template: :1: executing \"\": range can't iterate over {Go.Print(value)}"),
    };

    private static TemplateException Unclosed() => new("template: :1: unexpected EOF");
}
