using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>The command line as the caller passed it: .NET replaces what is not UTF-8.</summary>
internal static class CommandLineBytes
{
    private const int Limit = 16 << 20;

    /// <summary>The same arguments, each with the bytes that it has (<see cref="ByteText"/>).</summary>
    public static string[] Exact(string[] arguments)
    {
        if (!arguments.Any(argument => argument.Contains('\ufffd')))
            return arguments;
        using FileDescriptor file = Files.Open(null, "/proc/self/cmdline", Native.Raw.Open.O_RDONLY);
        ReadOnlySpan<byte> bytes = Files.ReadAll(file, "command line", Limit);
        List<string> exact = [];
        // Each argument ends with a NUL. The first is our own name.
        for (int i = 0, end; (end = bytes.IndexOf((byte)0)) >= 0; bytes = bytes[(end + 1)..], i++)
            if (i > 0)
                exact.Add(ByteText.Decode(bytes[..end]));
        return exact.Count == arguments.Length ? [.. exact] : arguments;
    }
}
