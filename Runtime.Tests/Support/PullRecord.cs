using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Support;

/// <summary>What a pull told.</summary>
internal sealed class PullRecord : IPullObserver
{
    private readonly List<(Digest Layer, PullStage Stage)> stages = [];

    /// <summary>Called at each step.</summary>
    public Action<Digest, PullStage, long> Step { get; init; } = static (_, _, _) => { };

    /// <summary>The stages of a layer, in order, each once.</summary>
    public List<PullStage> Of(Digest layer)
    {
        lock (stages)
            return [.. stages.Where(s => s.Layer == layer).Select(s => s.Stage).Distinct()];
    }

    public void Found(ImageReference reference)
    {
    }

    public void Layer(Digest layer, PullStage stage, long current = 0, long total = 0)
    {
        lock (stages)
            stages.Add((layer, stage));
        Step(layer, stage, current);
    }
}
