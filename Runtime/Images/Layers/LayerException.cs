namespace Vessel.Images.Layers;

/// <summary>A layer that is damaged, or that asks for what no layer may have. The message reads as <c>entry `../x`: leads out of the layer</c>.</summary>
/// <remarks>A target is left as it was when the entry was met: half filled. Its owner discards it.</remarks>
public sealed class LayerException : Exception
{
    public LayerException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <summary>What is wrong with one entry.</summary>
    /// <param name="name">The entry's name, of any bytes: it is quoted, shortened and made printable.</param>
    /// <param name="what">What is wrong.</param>
    /// <param name="inner">What the kernel said, if it was the kernel.</param>
    public LayerException(ReadOnlySpan<byte> name, string what, Exception? inner = null) : base($"entry {LayerText.Quote(name)}: {what}", inner)
    {
    }
}
