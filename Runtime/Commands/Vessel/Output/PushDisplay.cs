using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>How a push goes, in docker's words.</summary>
internal sealed class PushDisplay(TextWriter output, bool isPlain) : IPushObserver
{
    private readonly LayerLines lines = LayerLines.OnConsole(output, isPlain);

    public void Layer(Digest layer, PushStage stage, long current = 0, long total = 0)
    {
        switch (stage)
        {
            case PushStage.Preparing: lines.Show(layer, "Preparing"); break;
            case PushStage.Pushing: lines.Show(layer, "Pushing", (current, total), isTransient: true); break;
            case PushStage.Retrying: lines.Show(layer, "Retrying"); break;
            case PushStage.Pushed: lines.Show(layer, "Pushed"); break;
            case PushStage.Exists: lines.Show(layer, "Layer already exists"); break;
        }
    }

    public void Mounted(Digest? layer, string from)
    {
        if (layer is not null)
            lines.Show(layer, $"Mounted from {from}");
    }
}
