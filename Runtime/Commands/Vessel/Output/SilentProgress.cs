using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Output;

/// <summary>Shows nothing.</summary>
internal sealed class SilentProgress : IPullObserver, IPushObserver
{
    public void Found(ImageReference reference)
    {
    }

    public void Layer(Digest layer, PullStage stage, long current = 0, long total = 0)
    {
    }

    public void Layer(Digest layer, PushStage stage, long current = 0, long total = 0)
    {
    }

    public void Mounted(Digest? layer, string from)
    {
    }
}
