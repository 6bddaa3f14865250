using System.Diagnostics;
using Vessel.Images.Registry;
using Vessel.Oci.Image;

namespace Vessel.Images.Content;

/// <summary>Brings one blob into its ingest. A transfer that is cut, or stands still, goes on from where it was.</summary>
internal sealed class BlobTransfer(IBlobSource source, TransferLimits limits, Descriptor descriptor)
{
    private const int ChunkBytes = 1 << 17;

    // Less than this within the idle timeout is no transfer but a drip.
    private const int LeastBytes = 16 << 10;

    // Attempts are counted anew once so much has arrived.
    private const int WorthAnotherTry = 1 << 20;

    /// <summary>Called while it runs.</summary>
    public Action<long> Progress { get; init; } = static _ => { };

    /// <summary>Called before each attempt but the first.</summary>
    public Action Retrying { get; init; } = static () => { };

    /// <summary>Transfers what is missing and verifies the whole.</summary>
    /// <param name="ingest">Where it goes; it may hold a beginning.</param>
    /// <param name="next">Is given all bytes in order, those of the beginning too.</param>
    /// <param name="cancellation">Ends it; what has arrived is kept.</param>
    public async Task RunAsync(Ingest ingest, Func<ReadOnlyMemory<byte>, ValueTask> next, CancellationToken cancellation)
    {
        await ingest.ReplayAsync(next).ConfigureAwait(false);
        long mark = ingest.Length;
        for (int attempt = 1; ingest.Length < descriptor.Size; attempt++)
        {
            string reason;
            try
            {
                await OnceAsync(ingest, next, cancellation).ConfigureAwait(false);
                if (ingest.Length >= descriptor.Size)
                    break;
                reason = "the connection ended early";
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                reason = NetworkWords.Of(e);
            }
            catch (ImageException e) when (e is { Kind: ImageErrorKind.Unavailable, InnerException: IOException or HttpRequestException { StatusCode: null } })
            {
                // The source itself is gone for the moment: it was there for the document that names this blob.
                reason = e.Message;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                reason = $"fewer than {LeastBytes} bytes in {limits.Idle.TotalSeconds:0} s";
            }
            if (ingest.Length - mark >= WorthAnotherTry)
                (attempt, mark) = (0, ingest.Length);
            if (attempt >= limits.Attempts)
                throw new ImageException(ImageErrorKind.Unavailable, $"blob {descriptor.Digest} from {source.Name}: {reason}, {attempt} times; {ingest.Length} of {descriptor.Size} bytes are here, and the next pull goes on from there");
            Retrying();
            await Task.Delay(limits.Pause * Math.Pow(3, Math.Max(attempt - 1, 0)), cancellation).ConfigureAwait(false);
        }
        ingest.Verify();
    }

    private async Task OnceAsync(Ingest ingest, Func<ReadOnlyMemory<byte>, ValueTask> next, CancellationToken cancellation)
    {
        (Stream stream, long offset) = await source.OpenAsync(descriptor, ingest.Length, cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            long skip = ingest.Length - offset;
            byte[] buffer = new byte[ChunkBytes];
            using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            int count, since = 0;
            TimeSpan waited = TimeSpan.Zero;
            while (true)
            {
                // Only the time that the source takes counts, not that of the disk and of the unpacking.
                time.CancelAfter(waited < limits.Idle ? limits.Idle - waited : TimeSpan.Zero);
                long start = Stopwatch.GetTimestamp();
                count = await stream.ReadAsync(buffer, time.Token).ConfigureAwait(false);
                waited += Stopwatch.GetElapsedTime(start);
                time.CancelAfter(Timeout.InfiniteTimeSpan);
                if (count == 0)
                    return;
                if ((since += count) >= LeastBytes)
                    (since, waited) = (0, TimeSpan.Zero);
                int from = (int)Math.Min(skip, count);
                skip -= from;
                if (from == count)
                    continue;
                ingest.Write(buffer.AsSpan(from, count - from));
                await next(buffer.AsMemory(from, count - from)).ConfigureAwait(false);
                Progress(ingest.Length);
            }
        }
    }
}
