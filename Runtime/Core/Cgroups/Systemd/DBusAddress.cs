using System.Globalization;
using System.Text;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Where a D-Bus server listens on this machine: a unix socket by its path, or by a name in the abstract namespace.</summary>
/// <param name="Path">The path, or the name.</param>
/// <param name="IsAbstract">Whether it is a name.</param>
public sealed record DBusAddress(string Path, bool IsAbstract)
{
    private const int MaximumLength = 4096;

    /// <summary>The path as <see cref="Native.Safe.UnixSockets.Connect"/> takes it.</summary>
    public string SocketPath => IsAbstract ? "\0" + Path : Path;

    /// <summary>
    /// Reads a list of addresses (D-Bus specification, "Server Addresses"): <c>unix:path=/run/a;unix:abstract=b,guid=…</c>. Other transports
    /// than unix sockets are passed over: what is asked of systemd depends on the kernel's word about who asks.
    /// </summary>
    /// <exception cref="RuntimeException">No address of a unix socket is left.</exception>
    public static IReadOnlyList<DBusAddress> ParseList(string text)
    {
        if (text.Length > MaximumLength)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"D-Bus address: has {text.Length} characters, more than {MaximumLength}");
        List<DBusAddress> addresses = [];
        foreach (string address in text.Split(';'))
            if (address.StartsWith("unix:", StringComparison.Ordinal) && ParseUnix(address[5..]) is { } known)
                addresses.Add(known);
        return addresses.Count > 0 ? addresses : throw new RuntimeException(ErrorKind.Unsupported, $"D-Bus address `{text}`: has no unix:path= or unix:abstract=");
    }

    /// <summary>As an address is written.</summary>
    public override string ToString() => (IsAbstract ? "unix:abstract=" : "unix:path=") + Path;

    private static DBusAddress? ParseUnix(string pairs)
    {
        foreach (string pair in pairs.Split(','))
        {
            if (pair.StartsWith("path=", StringComparison.Ordinal))
                return new DBusAddress(Unescape(pair[5..]), IsAbstract: false);
            if (pair.StartsWith("abstract=", StringComparison.Ordinal))
                return new DBusAddress(Unescape(pair[9..]), IsAbstract: true);
        }
        return null;
    }

    // %xx is a byte, not a character.
    private static string Unescape(string value)
    {
        if (!value.Contains('%'))
            return value;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == '%')
            {
                if (i + 2 >= value.Length || !byte.TryParse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out bytes[length]))
                    throw new RuntimeException(ErrorKind.InvalidSpec, $"D-Bus address: `{value}` has a % without two hexadecimal digits");
                length++;
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(value.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
