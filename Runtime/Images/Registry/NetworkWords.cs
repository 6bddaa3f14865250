using System.Net.Sockets;
using System.Security.Authentication;
using Vessel.Native.Safe;

namespace Vessel.Images.Registry;

/// <summary>What went wrong with a connection, in plain words and not in those of the HTTP library.</summary>
public static class NetworkWords
{
    /// <summary>The reason: <c>connection refused</c>, <c>the connection ended early</c>.</summary>
    public static string Of(Exception e)
    {
        for (Exception? each = e; each is not null; each = each.InnerException)
            switch (each)
            {
                case AuthenticationException:
                    return $"TLS: {OfTls((each.InnerException ?? each).Message)}";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "no address is known for this host";
                case SocketException socket:
                    return LowerFirst(socket.Message);
                case IOException { HResult: > 0 and < 4096 }:
                    return SystemWords.Of(each);
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } or EndOfStreamException:
                    return "the connection ended early";
                case HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse }:
                    return "the answer is not HTTP";
            }
        return e is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } ? "the connection ended early" : (e.InnerException ?? e).Message;
    }

    // The library names its own enumerations, and callbacks.
    private static string OfTls(string text) => text switch
    {
        _ when text.Contains("NameMismatch", StringComparison.Ordinal) => "the certificate is for another host",
        _ when text.Contains("NotTimeValid", StringComparison.Ordinal) => "the certificate has expired, or is not valid yet",
        _ when text.Contains("certificate", StringComparison.OrdinalIgnoreCase) => "the certificate is not trusted",
        _ => LowerFirst(text),
    };

    private static string LowerFirst(string text) => text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}
