namespace Vessel.Images.Layers.Erofs;

/// <summary>A folder while its image is made: it is written last, since any entry may still say something of it.</summary>
internal struct ErofsFolder
{
    public uint Mode, Uid, Gid, Nanoseconds;

    public long Seconds;

    /// <summary>No entry was about it: it is there because something is in it.</summary>
    public bool IsImplied;

    /// <summary>How many folders are in it.</summary>
    public int Folders;

    /// <summary>The folder that it is in.</summary>
    public int Above;

    /// <summary>At the end: where its inode is, and its whole blocks.</summary>
    public long Position, BlocksAt;

    /// <summary>At the end: the blocks of entries before the last, and the bytes in that.</summary>
    public int FullBlocks, TailBytes;
}
