using System.Text;

namespace Vessel.Tests.Support;

/// <summary>An answer of a <see cref="FakeRegistry"/>: the right one, until a test changes it.</summary>
internal sealed record FakeAnswer(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>What is said of the body's length, where that is not the truth; -1 for nothing: then its end is the connection's.</summary>
    public long? Length { get; init; }

    /// <summary>After so many bytes of the body the connection is closed.</summary>
    public int? CutAfter { get; init; }

    /// <summary>The body goes out in pieces of so many bytes, with a pause after each.</summary>
    public int? Drip { get; init; }

    /// <summary>What must have happened before anything is sent.</summary>
    public Task Before { get; init; } = Task.CompletedTask;

    /// <summary>What must have happened before the body is sent.</summary>
    public Task Wait { get; init; } = Task.CompletedTask;

    /// <summary>Called when all is sent.</summary>
    public Action Then { get; init; } = static () => { };

    public static FakeAnswer Of(int status, string body = "", params (string Name, string Value)[] headers) =>
        new(status, Encoding.UTF8.GetBytes(body)) { Headers = headers.ToDictionary(h => h.Name, h => h.Value) };

    public FakeAnswer With(string header, string value) => this with { Headers = new(Headers) { [header] = value } };

    /// <summary>The same with a byte of the body changed.</summary>
    public FakeAnswer Damaged(int at)
    {
        byte[] body = [.. Body];
        body[at] ^= 0xff;
        return this with { Body = body };
    }
}
