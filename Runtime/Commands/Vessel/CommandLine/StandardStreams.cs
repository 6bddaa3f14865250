using System.Text;
using Vessel.Images.Content;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>Standard output, error and input. Not the Console's: those put a terminal into a mode of its own, and a read of theirs nothing ends.</summary>
internal static class StandardStreams
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>What is done when nobody reads standard output any more.</summary>
    public static Action WhenNobodyReads { get; set; } = static () => { };

    /// <summary>Standard output, for what is no text.</summary>
    public static Stream OutputBytes { get; } = new OutputStream(1, "standard output", () => WhenNobodyReads());

    /// <summary>Standard output, for what a script reads.</summary>
    public static TextWriter Output { get; } = new StreamWriter(OutputBytes, Encoding) { AutoFlush = true, NewLine = "\n" };

    /// <summary>Standard error.</summary>
    public static TextWriter Error { get; } = new StreamWriter(new OutputStream(2, "standard error", static () => { }), Encoding) { AutoFlush = true, NewLine = "\n" };

    private static StreamReader Lines { get; } = new(StandardInput(), Encoding);

    /// <summary>Standard input; who waits for it can be called off.</summary>
    public static Stream Input(CancellationToken cancellation) => new InterruptibleInput(StandardInput(), cancellation);

    /// <summary>How wide the terminal is that is standard output; where nobody knows, what a terminal once had.</summary>
    public static int Columns
    {
        get
        {
            using FileDescriptor output = FileDescriptor.Standard(1);
            return Terminals.ColumnsOf(output) is > 0 and var columns ? columns : 80;
        }
    }

    /// <summary>A line that a person types, without its end; null at the end of the input.</summary>
    /// <param name="isSecret">Whether it isn't shown.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static string? ReadLine(bool isSecret, CancellationToken cancellation)
    {
        using FileDescriptor terminal = FileDescriptor.Standard(0);
        TerminalMode? mode = isSecret ? TerminalMode.TrySetSilent(terminal) : null;
        try
        {
            return WaitFor(Lines.ReadLine, cancellation);
        }
        finally
        {
            mode?.Restore();
        }
    }

    private static InputStream StandardInput() => new(FileDescriptor.Standard(0), "standard input");

    /// <summary>All that comes from standard input.</summary>
    public static string ReadToEnd(CancellationToken cancellation) => WaitFor(Lines.ReadToEnd, cancellation);

    /// <summary>Waits for what a person types. Called off, the read stays behind on its thread until the process ends.</summary>
    /// <exception cref="OperationCanceledException">Called off.</exception>
    private static T WaitFor<T>(Func<T> read, CancellationToken cancellation)
    {
        Task<T> reading = Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task.WaitAny([reading], cancellation);
        return reading.GetAwaiter().GetResult();
    }

    private sealed class InterruptibleInput(Stream input, CancellationToken cancellation) : ReadOnlyStream
    {
        // Its own: a read that was called off may still write into it.
        private readonly byte[] bytes = new byte[1 << 17];

        public override int Read(Span<byte> buffer)
        {
            int most = Math.Min(buffer.Length, bytes.Length), count = WaitFor(() => input.Read(bytes, 0, most), cancellation);
            bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
    }
}
