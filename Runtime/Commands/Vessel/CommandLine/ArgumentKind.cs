namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>What a command's argument is, for completion.</summary>
internal enum ArgumentKind
{
    /// <summary>Nothing that could be listed.</summary>
    Other,

    /// <summary>An image of the store.</summary>
    Image,

    /// <summary>A file of the user's.</summary>
    File,

    /// <summary>A folder of the user's.</summary>
    Folder,
}
