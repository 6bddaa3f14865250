using Vessel.Commands.Vessel.CommandLine;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>
/// A line for each layer: on a terminal rewritten in place; elsewhere one for each state that a layer reaches, without control codes.
/// </summary>
internal sealed class LayerLines(TextWriter output, bool isTerminal, Func<int> columns)
{
    private const int BarWidth = 50, LeastBarWidth = 10;

    // Faster than this nobody reads.
    private const int RedrawMilliseconds = 50;

    private readonly Lock gate = new();
    private readonly List<Digest> order = [];
    private readonly Dictionary<Digest, Line> lines = [];
    private int width;

    /// <summary>
    /// Lines that are rewritten if standard output is a terminal, whose width is asked for at each line: people resize
    /// windows.
    /// </summary>
    /// <param name="output">Standard output.</param>
    /// <param name="isPlain">Whether no line is rewritten in any case, because others are written between them.</param>
    public static LayerLines OnConsole(TextWriter output, bool isPlain) => new(output, !Console.IsOutputRedirected && !isPlain, static () => StandardStreams.Columns);

    /// <summary>A layer reached a state, or got further in it.</summary>
    /// <param name="layer">Which.</param>
    /// <param name="state">In words: <c>Pull complete</c>.</param>
    /// <param name="progress">How many bytes of how many; null where that isn't known.</param>
    /// <param name="isTransient">Whether it is worth no line of its own where lines are not rewritten.</param>
    public void Show(Digest layer, string state, (long Current, long Total)? progress = null, bool isTransient = false)
    {
        lock (gate)
        {
            bool isKnown = lines.TryGetValue(layer, out Line? line);
            if (line is null)
            {
                lines[layer] = line = new Line();
                order.Add(layer);
            }
            bool isSame = line.State == state;
            (line.State, line.Progress) = (state, progress);
            if (isTerminal)
                Draw(layer, line, isKnown, isSame);
            else if (!isSame && !isTransient)
                output.Write($"{layer.Short}: {state}\n");
            output.Flush();
        }
    }

    private void Draw(Digest layer, Line line, bool isKnown, bool isSame)
    {
        // A state is always drawn, progress within it only now and then.
        long now = Environment.TickCount64;
        if (isKnown && isSame && now - line.DrawnAt < RedrawMilliseconds)
            return;
        line.DrawnAt = now;
        int before = width;
        width = columns();
        if (before != 0 && width != before)
        {
            // All lines are cut to the new width.
            int above = isKnown ? order.Count : order.Count - 1;
            output.Write($"{(above > 0 ? $"\e[{above}A" : "")}\r\e[J{string.Concat(order.Select(l => Text(l, lines[l]) + "\n"))}");
            return;
        }
        int up = order.Count - order.IndexOf(layer);
        output.Write(isKnown ? $"\e[{up}A\e[2K\r{Text(layer, line)}\e[{up}B\r" : Text(layer, line) + "\n");
    }

    private string Text(Digest layer, Line line)
    {
        string text = $"{layer.Short}: {line.State}";
        if (line.Progress is { } done)
            text += Progress(done.Current, done.Total, width > 0 ? width - text.Length : int.MaxValue);
        return width > 0 && text.Length > width ? text[..width] : text;
    }

    // `[==>   ]  1.2MB/3.4MB`; the numbers tell more than the bar, which takes what room there is.
    private static string Progress(long current, long total, int room)
    {
        string numbers = total <= 0 ? Human.Size(current, 4) : $"{Human.Size(current, 4)}/{Human.Size(total, 4)}";
        int width = Math.Min(BarWidth, room - numbers.Length - " []  ".Length);
        if (total <= 0 || width < LeastBarWidth)
            return " " + numbers;
        int done = Math.Min((int)Math.Clamp(current * width / total, 0, width), width - 1);
        return $" [{new string('=', done)}>{new string(' ', width - 1 - done)}]  {numbers}";
    }

    private sealed class Line
    {
        public string State { get; set; } = "";

        public (long Current, long Total)? Progress { get; set; }

        public long DrawnAt { get; set; }
    }
}
