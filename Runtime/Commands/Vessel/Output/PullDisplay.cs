using System.Text;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>
/// How a pull goes: on a terminal a line for each layer, rewritten in place; elsewhere a line for each state that one reaches, without
/// control codes.
/// </summary>
internal sealed class PullDisplay(TextWriter output, bool isTerminal, int columns) : IPullObserver
{
    private const int BarWidth = 50;

    // Faster than this nobody reads.
    private const int RedrawMilliseconds = 50;

    private readonly Lock gate = new();
    private readonly List<Digest> order = [];
    private readonly Dictionary<Digest, (PullStage Stage, string Text)> lines = [];
    private readonly Dictionary<Digest, long> drawn = [];

    public void Found(ImageReference reference)
    {
        string repository = reference.Repository;
        output.Write(reference.Digest is { } digest && reference.Tag is null ? $"{reference.Name}@{digest}: Pulling from {repository}\n" : $"{reference.Tag}: Pulling from {repository}\n");
        output.Flush();
    }

    public void Layer(Digest layer, PullStage stage, long current = 0, long total = 0)
    {
        string text = Text(stage, current, total);
        lock (gate)
        {
            bool isKnown = lines.TryGetValue(layer, out (PullStage Stage, string Text) before);
            lines[layer] = (stage, text);
            if (!isKnown)
                order.Add(layer);
            if (isTerminal)
            {
                // A state is always drawn, progress within it only now and then.
                long now = Environment.TickCount64;
                if (isKnown && before.Stage == stage && now - drawn.GetValueOrDefault(layer) < RedrawMilliseconds && current < total)
                    return;
                drawn[layer] = now;
                Draw(layer, isKnown);
            }
            else if (!isKnown || before.Stage != stage)
                if (stage is not (PullStage.Downloading or PullStage.Extracting))
                    output.Write($"{layer.Short}: {text}\n");
            output.Flush();
        }
    }

    private void Draw(Digest layer, bool isKnown)
    {
        string line = $"{layer.Short}: {lines[layer].Text}";
        if (columns > 0 && line.Length > columns)
            line = line[..columns];
        if (!isKnown)
        {
            output.Write(line + "\n");
            return;
        }
        int up = order.Count - order.IndexOf(layer);
        output.Write($"\e[{up}A\e[2K\r{line}\e[{up}B\r");
    }

    private static string Text(PullStage stage, long current, long total) => stage switch
    {
        PullStage.Pending => "Pulling fs layer",
        PullStage.Waiting => "Waiting",
        PullStage.Exists => "Already exists",
        PullStage.Downloading => $"Downloading {Bar(current, total)}",
        PullStage.Retrying => "Retrying",
        PullStage.Downloaded => "Download complete",
        PullStage.Extracting => "Extracting",
        _ => "Pull complete",
    };

    private static string Bar(long current, long total)
    {
        if (total <= 0)
            return Human.Size(current, 4);
        int done = (int)(current * BarWidth / total);
        StringBuilder bar = new("[");
        bar.Append('=', Math.Max(0, Math.Min(done, BarWidth - 1))).Append('>').Append(' ', Math.Max(0, BarWidth - 1 - done)).Append(']');
        return $"{bar}  {Human.Size(current, 4)}/{Human.Size(total, 4)}";
    }
}
