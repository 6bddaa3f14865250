namespace Vessel.Images.Store;

/// <summary>What becomes of a layer in a push.</summary>
public enum PushStage
{
    /// <summary>It is part of the image.</summary>
    Preparing,

    /// <summary>It is being sent.</summary>
    Pushing,

    /// <summary>Sending it was interrupted, and is tried again.</summary>
    Retrying,

    /// <summary>It was sent.</summary>
    Pushed,

    /// <summary>The repository has it.</summary>
    Exists,
}
