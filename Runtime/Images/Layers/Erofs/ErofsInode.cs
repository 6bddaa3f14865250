namespace Vessel.Images.Layers.Erofs;

/// <summary>What an inode says of itself.</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Uid">Its user.</param>
/// <param name="Gid">Its group.</param>
/// <param name="Seconds">Time of the last change.</param>
/// <param name="Nanoseconds">The rest of it.</param>
/// <param name="Size">Its data's.</param>
/// <param name="Links">How many names it has.</param>
internal readonly record struct ErofsInode(uint Mode, uint Uid, uint Gid, long Seconds, uint Nanoseconds, long Size, uint Links = 1);
