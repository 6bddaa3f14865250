using System.Globalization;
using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Core.Containers;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>The log that <c>--log</c> names, in the form that engines read: one line a message, text or JSON.</summary>
internal sealed class RunLog
{
    private const uint FileMode = 0x1a4; // 0644

    private readonly bool isJson;
    private readonly bool isDebug;
    private readonly string? path;

    /// <summary>Prepares the log, and makes sure that it can be written to.</summary>
    /// <exception cref="SyscallException">The log's file cannot be opened.</exception>
    public RunLog(ParsedOptions global)
    {
        path = global.Text("log") is { Length: > 0 } file ? file : null;
        isDebug = global.Has("debug");
        isJson = global.Text("log-format") switch
        {
            null or "" or "text" => false,
            "json" => true,
            { } other => throw new UsageException($"unknown log-format \"{other}\""),
        };
        if (path is not null)
            Open(path).Dispose();
    }

    /// <summary>Whether <c>--debug</c> was given.</summary>
    public bool IsDebug => isDebug;

    /// <summary>The command failed: to the log, and to standard error as a line for people.</summary>
    /// <param name="message">Why.</param>
    /// <param name="usage">How the command is called, as a second line; null where the caller knew that.</param>
    public void Error(string message, string? usage = null)
    {
        message = OneLine(message);
        if (path is not null)
            Write("error", message);
        Append(2, usage is null ? $"vrun: {message}\n" : $"vrun: {message}\nusage: {usage}\n");
    }

    /// <summary>Reports members of a document that have no effect, by their paths.</summary>
    public void WarnOfUnknown(IEnumerable<string> paths)
    {
        foreach (string path in paths)
            Warn(Bundle.UnknownMember(path));
    }

    /// <summary>Something is not as it was asked for.</summary>
    public void Warn(string message)
    {
        if (path is not null)
            Write("warning", message);
        else
            Append(2, $"vrun: warning: {message}\n");
    }

    /// <summary>Something that only helps who looks for an error.</summary>
    public void Debug(string message)
    {
        if (isDebug)
            Write("debug", message);
    }

    // Names of programs and files come from documents: one error stays one line, and no control character reaches a terminal.
    private static string OneLine(string message)
    {
        if (!message.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            return message;
        StringBuilder text = new(message.Length + 16);
        foreach (char c in message)
            _ = c switch
            {
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append($"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        return text.ToString();
    }

    private void Write(string level, string message)
    {
        string time = DateTime.Now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        using StringWriter line = new();
        if (isJson)
            JsonMapWriter.Write(line, indented: false, (level, message, time), static (json, x) =>
            {
                json.Always("level", x.level);
                json.Always("msg", x.message);
                json.Always("time", x.time);
            });
        else
            line.Write($"time=\"{time}\" level={level} msg=\"{message.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"");
        string text = line.ToString().TrimEnd('\n') + "\n";
        if (path is null)
        {
            Append(2, text);
            return;
        }
        try
        {
            using FileDescriptor file = Open(path);
            Files.Write(file, Encoding.UTF8.GetBytes(text), path);
        }
        catch (SyscallException e)
        {
            // best effort: what is told must not be lost, and must not end the command.
            Append(2, $"vrun: {e.Message}\n{text}");
        }
    }

    private static FileDescriptor Open(string path) => new((int)Check.Ok(
        Files.TryOpen(null, path, Native.Raw.Open.O_WRONLY | Native.Raw.Open.O_CREAT | Native.Raw.Open.O_APPEND, FileMode), "open log", path));

    private static void Append(int stream, string text)
    {
        try
        {
            using FileDescriptor output = new(Files.Duplicate(stream));
            Files.Write(output, Encoding.UTF8.GetBytes(text), "standard error");
        }
        catch (SyscallException)
        {
            // best effort: nobody listens.
        }
    }
}
