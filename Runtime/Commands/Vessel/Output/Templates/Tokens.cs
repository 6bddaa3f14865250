using System.Text;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>The words of an action (Go's text/template).</summary>
internal static class Tokens
{
    public static List<Token> Read(string action)
    {
        List<Token> tokens = [];
        for (int i = 0; i < action.Length;)
        {
            char c = action[i];
            if (char.IsWhiteSpace(c))
                i++;
            else if (c is '|' or '(' or ')' or ',' or '=')
                tokens.Add(new Token(TokenKind.Sign, action[i++].ToString()));
            else if (c == ':' && i + 1 < action.Length && action[i + 1] == '=')
            {
                tokens.Add(new Token(TokenKind.Sign, ":="));
                i += 2;
            }
            else if (c is '"' or '`')
                tokens.Add(new Token(TokenKind.Text, Quoted(action, ref i)));
            else if (c == '\'')
                tokens.Add(new Token(TokenKind.Number, Character(Quoted(action, ref i))));
            else if (c is '.' or '$')
            {
                int start = i++;
                while (i < action.Length && IsNamePart(action[i]))
                    i++;
                tokens.Add(new Token(c == '.' ? TokenKind.Field : TokenKind.Variable, action[start..i], start > 0 && !char.IsWhiteSpace(action[start - 1])));
            }
            else if (char.IsAsciiDigit(c) || (c == '-' && i + 1 < action.Length && char.IsAsciiDigit(action[i + 1])))
            {
                int start = i++;
                while (i < action.Length && (IsNamePart(action[i]) || action[i] == '.' || action[i] is '+' or '-' && action[i - 1] is 'e' or 'E'))
                    i++;
                tokens.Add(new Token(TokenKind.Number, action[start..i]));
            }
            else if (IsNamePart(c))
            {
                int start = i;
                while (i < action.Length && IsNamePart(action[i]))
                    i++;
                tokens.Add(new Token(TokenKind.Word, action[start..i]));
            }
            else
                throw new TemplateException($"template: :1: unexpected {Go.Quote(c.ToString())} in command");
        }
        return tokens;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    // A character is its number.
    private static string Character(string text) => text.EnumerateRunes().ToList() is [var only] ? only.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : throw new TemplateException("template: :1: malformed character constant");

    private static string Quoted(string action, ref int i)
    {
        char quote = action[i++];
        StringBuilder text = new();
        for (; i < action.Length && action[i] != quote; i++)
        {
            if (action[i] != '\\' || quote == '`' || i + 1 >= action.Length)
            {
                text.Append(action[i]);
                continue;
            }
            text.Append(action[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
        }
        if (i++ >= action.Length)
            throw new TemplateException("template: :1: unterminated quoted string");
        return text.ToString();
    }
}
