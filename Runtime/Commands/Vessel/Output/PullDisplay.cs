using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>How a pull goes, in docker's words.</summary>
internal sealed class PullDisplay(TextWriter output, bool isPlain) : IPullObserver
{
    private readonly LayerLines lines = LayerLines.OnConsole(output, isPlain);

    public void Found(ImageReference reference)
    {
        output.Write($"{(reference.Digest is { } digest ? $"{reference.Name}@{digest}" : reference.Tag)}: Pulling from {reference.Repository}\n");
        output.Flush();
    }

    public void Layer(Digest layer, PullStage stage, long current = 0, long total = 0)
    {
        switch (stage)
        {
            case PullStage.Pending: lines.Show(layer, "Pulling fs layer"); break;
            case PullStage.Waiting: lines.Show(layer, "Waiting"); break;
            case PullStage.Exists: lines.Show(layer, "Already exists"); break;
            case PullStage.Downloading: lines.Show(layer, "Downloading", (current, total), isTransient: true); break;
            case PullStage.Retrying: lines.Show(layer, "Retrying"); break;
            case PullStage.Downloaded: lines.Show(layer, "Download complete"); break;
            case PullStage.Extracting: lines.Show(layer, "Extracting", (current, total), isTransient: true); break;
            case PullStage.Complete: lines.Show(layer, "Pull complete"); break;
        }
    }
}
