namespace Vessel.Images;

/// <summary>What a caller can do about an error of images.</summary>
public enum ImageErrorKind
{
    /// <summary>A reference, an option or a setting is wrong.</summary>
    Invalid,

    /// <summary>There is no such image, tag, blob or repository.</summary>
    NotFound,

    /// <summary>The registry does not let us: no credentials, or wrong ones.</summary>
    Unauthorized,

    /// <summary>The registry could not be reached, or broke off again and again; later it may work.</summary>
    Unavailable,

    /// <summary>
    /// The registry does not do what it was asked for, and would say so again: a blob is too large for it, or it takes
    /// none.
    /// </summary>
    Refused,

    /// <summary>What arrived, or what lies in the store, is not what its digest says, or breaks its specification.</summary>
    Corrupt,

    /// <summary>A container, a bundle or a name still uses it.</summary>
    InUse,

    /// <summary>This host has not what it takes.</summary>
    Unsupported,
}
