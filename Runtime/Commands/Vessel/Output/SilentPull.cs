using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>Shows nothing.</summary>
internal sealed class SilentPull : IPullObserver
{
    public void Found(ImageReference reference)
    {
    }

    public void Layer(Digest layer, PullStage stage, long current = 0, long total = 0)
    {
    }
}
