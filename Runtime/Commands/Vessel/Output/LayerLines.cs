using Vessel.Commands.Vessel.CommandLine;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>
/// A line for each layer: on a terminal rewritten in place; elsewhere one for each state that a layer reaches, without control codes.
/// </summary>
internal sealed class LayerLines(TextWriter output, bool isTerminal, int columns)
{
    private const int BarWidth = 50, LeastBarWidth = 10;

    // Faster than this nobody reads.
    private const int RedrawMilliseconds = 50;

    private readonly Lock gate = new();
    private readonly List<Digest> order = [];
    private readonly Dictionary<Digest, string> states = [];
    private readonly Dictionary<Digest, long> drawn = [];

    /// <summary>Lines on a terminal if standard output is one.</summary>
    public static LayerLines OnConsole(TextWriter output) => new(output, !Console.IsOutputRedirected, Console.IsOutputRedirected ? 0 : StandardStreams.Columns);

    /// <summary>A layer reached a state, or got further in it.</summary>
    /// <param name="layer">Which.</param>
    /// <param name="state">In words: <c>Pull complete</c>.</param>
    /// <param name="progress">How many bytes of how many; null where that isn't known.</param>
    /// <param name="isTransient">Whether it is worth no line of its own where lines are not rewritten.</param>
    public void Show(Digest layer, string state, (long Current, long Total)? progress = null, bool isTransient = false)
    {
        lock (gate)
        {
            bool isKnown = states.TryGetValue(layer, out string? before);
            states[layer] = state;
            if (!isKnown)
                order.Add(layer);
            if (isTerminal)
                Draw(layer, state, progress, isKnown, isSame: before == state);
            else if (before != state && !isTransient)
                output.Write($"{layer.Short}: {state}\n");
            output.Flush();
        }
    }

    private void Draw(Digest layer, string state, (long Current, long Total)? progress, bool isKnown, bool isSame)
    {
        // A state is always drawn, progress within it only now and then.
        long now = Environment.TickCount64;
        if (isKnown && isSame && now - drawn.GetValueOrDefault(layer) < RedrawMilliseconds)
            return;
        drawn[layer] = now;
        string line = $"{layer.Short}: {state}";
        if (progress is { } done)
            line += Progress(done.Current, done.Total, columns > 0 ? columns - line.Length : int.MaxValue);
        if (columns > 0 && line.Length > columns)
            line = line[..columns];
        int up = order.Count - order.IndexOf(layer);
        output.Write(isKnown ? $"\e[{up}A\e[2K\r{line}\e[{up}B\r" : line + "\n");
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
}
