namespace Vessel.Images.Layers;

/// <summary>A piece of a sparse file that has data; what lies between two pieces is a hole.</summary>
public readonly record struct SparseSegment(long Offset, long Length);
