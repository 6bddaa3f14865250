using System.Security.Cryptography;
using Vessel.Oci.Reference;

namespace Vessel.Images.Content;

/// <summary>The digest of bytes that pass by.</summary>
internal sealed class BlobHash(string algorithm) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    /// <summary>How many bytes have passed.</summary>
    public long Length { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Length += bytes.Length;
    }

    /// <summary>The digest of all that passed.</summary>
    public Digest Result() => Digest.Parse($"{algorithm}:{Convert.ToHexStringLower(hash.GetCurrentHash())}");

    /// <summary>The digest of bytes that are all there.</summary>
    public static Digest Of(string algorithm, ReadOnlySpan<byte> bytes)
    {
        using BlobHash hash = new(algorithm);
        hash.Add(bytes);
        return hash.Result();
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
