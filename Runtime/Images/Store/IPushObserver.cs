using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>Is told how a push goes. Called from several threads, one call at a time for each layer.</summary>
public interface IPushObserver
{
    /// <summary>A layer is at another stage, or further.</summary>
    /// <param name="layer">Its diff ID.</param>
    /// <param name="stage">What is being done with it.</param>
    /// <param name="current">How many bytes of it are sent.</param>
    /// <param name="total">How many there are.</param>
    void Layer(Digest layer, PushStage stage, long current = 0, long total = 0);

    /// <summary>The registry has a layer from another repository.</summary>
    /// <param name="layer">Its diff ID; null for the config.</param>
    /// <param name="from">The other repository.</param>
    void Mounted(Digest? layer, string from);
}
