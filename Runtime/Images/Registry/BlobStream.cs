using System.Diagnostics;
using Vessel.Images.Content;

namespace Vessel.Images.Registry;

/// <summary>
/// A blob as it comes from a registry: over one connection, and once that has shown to be slow, over several, each with a range of its own: many
/// registries give each connection its share and no more.
/// </summary>
/// <remarks>
/// A fast registry sees one request, and nothing is held in memory. Of a slow one at most <see cref="Ahead"/> ranges are, of what a connection brings in
/// two seconds each, and of <see cref="MostPartBytes"/> at the most.
/// </remarks>
internal sealed class BlobStream : ReadOnlyStream
{
    public const int Ahead = 3, MostPartBytes = 4 << 20;

    private const int LeastPartBytes = 256 << 10, SlowBytesPerSecond = 48 << 20;

    private static readonly TimeSpan PartTime = TimeSpan.FromSeconds(2);

    private readonly Stream first;
    private readonly long size;
    private readonly Func<long, long, CancellationToken, Task<Stream>>? open;
    private readonly TimeSpan trial;
    private readonly CancellationTokenSource stop = new();
    private readonly Queue<Task<byte[]>> parts = new();
    private readonly long start;

    // Only while the registry is waited for: whoever unpacks may be the slow one.
    private TimeSpan waited;

    private long position, firstEnd, nextPart;
    private int partBytes;
    private byte[] part = [];
    private int partAt;

    /// <param name="first">The answer to the first request: all from <paramref name="position"/> on.</param>
    /// <param name="position">Where in the blob it begins.</param>
    /// <param name="size">The blob's length.</param>
    /// <param name="trial">How long one connection is waited for before others are opened.</param>
    /// <param name="open">Opens the range from one offset up to another; null where the registry knows no ranges.</param>
    public BlobStream(Stream first, long position, long size, TimeSpan trial, Func<long, long, CancellationToken, Task<Stream>>? open)
    {
        (this.first, start, this.position, this.size, this.trial, this.open) = (first, position, position, size, trial, open);
        firstEnd = size;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (partBytes == 0 && open is not null)
            SplitIfSlow();
        int count;
        if (position < firstEnd || firstEnd == size)
        {
            int most = (int)Math.Min(buffer.Length, Math.Max(firstEnd - position, 1));
            long begun = Stopwatch.GetTimestamp();
            count = await first.ReadAsync(partBytes == 0 ? buffer : buffer[..most], cancellationToken).ConfigureAwait(false);
            waited += Stopwatch.GetElapsedTime(begun);
        }
        else
        {
            if (partAt == part.Length)
            {
                if (!parts.TryDequeue(out Task<byte[]>? next))
                    return 0;
                (part, partAt) = (await next.WaitAsync(cancellationToken).ConfigureAwait(false), 0);
                BeginParts();
            }
            count = Math.Min(buffer.Length, part.Length - partAt);
            part.AsMemory(partAt, count).CopyTo(buffer);
            partAt += count;
        }
        position += count;
        return count;
    }

    public override int Read(Span<byte> buffer)
    {
        byte[] bytes = new byte[buffer.Length];
        int count = ReadAsync(bytes).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stop.Cancel();
            first.Dispose();
            foreach (Task<byte[]> part in parts)
                // Nobody waits for it any more.
                part.ContinueWith(static p => p.Exception, TaskScheduler.Default);
        }
        base.Dispose(disposing);
    }

    private void SplitIfSlow()
    {
        if (waited < trial || waited == TimeSpan.Zero)
            return;
        double perSecond = (position - start) / waited.TotalSeconds;
        int bytes = (int)Math.Clamp(perSecond * PartTime.TotalSeconds, LeastPartBytes, MostPartBytes);
        if (perSecond > SlowBytesPerSecond || size - position < 2L * bytes)
            return;
        partBytes = bytes;
        // What the first connection has under way already is taken from there.
        firstEnd = nextPart = position + bytes;
        BeginParts();
    }

    private void BeginParts()
    {
        for (; parts.Count < Ahead && nextPart < size; nextPart += Math.Min(partBytes, size - nextPart))
            parts.Enqueue(FetchAsync(nextPart, nextPart + Math.Min(partBytes, size - nextPart)));
    }

    private async Task<byte[]> FetchAsync(long from, long end)
    {
        Stream range = await open!(from, end, stop.Token).ConfigureAwait(false);
        await using (range.ConfigureAwait(false))
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)(end - from));
            await range.ReadExactlyAsync(bytes, stop.Token).ConfigureAwait(false);
            return bytes;
        }
    }
}
