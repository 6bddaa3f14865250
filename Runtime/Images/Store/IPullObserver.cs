using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>Is told how a pull goes. Called from several threads, one call at a time for each layer.</summary>
public interface IPullObserver
{
    /// <summary>The registry knows the reference; layers follow.</summary>
    void Found(ImageReference reference);

    /// <summary>A layer is at another stage, or further.</summary>
    /// <param name="layer">Its blob.</param>
    /// <param name="stage">What is being done with it.</param>
    /// <param name="current">How many bytes of it are done.</param>
    /// <param name="total">How many there are.</param>
    void Layer(Digest layer, PullStage stage, long current = 0, long total = 0);
}
