using NUnit.Framework;
using Vessel.Core.Process;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.NativeSuite;

/// <summary>Starts while the rest of the process works its garbage collector as hard as it can: no start may hang, fail or disturb it.</summary>
[NonParallelizable]
public sealed class SpawnerStressTests
{
    private const int Starts = 10_000;
    private const int AtATime = 8;

    [Test, Category("Stress"), CancelAfter(300_000)]
    public void TenThousandStarts_EightAtATime_WhileOthersAllocateAndCollect(CancellationToken cancel)
    {
        int descriptorsBefore = OpenDescriptors();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Thread[] allocators = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() => Allocate(end.Token)) { IsBackground = true })];
        foreach (Thread allocator in allocators)
            allocator.Start();

        int left = Starts, failures = 0;
        Thread[] starters = [.. Enumerable.Range(0, AtATime).Select(_ => new Thread(() =>
        {
            while (Interlocked.Decrement(ref left) >= 0 && !cancel.IsCancellationRequested)
                if (StartOne() != 23)
                    Interlocked.Increment(ref failures);
        }))];
        foreach (Thread starter in starters)
            starter.Start();
        foreach (Thread starter in starters)
            starter.Join();
        end.Cancel();
        foreach (Thread allocator in allocators)
            allocator.Join();

        Assert.That(cancel.IsCancellationRequested, Is.False, "it hung");
        Assert.That(failures, Is.Zero);
        Assert.That(OpenDescriptors(), Is.LessThanOrEqualTo(descriptorsBefore + 16), "descriptors leak");
    }

    // Through an image in memory, as containers start, so that both halves of the way are walked.
    private static int StartOne()
    {
        ChildProgram program = BootProgram.New();
        program.Call(SYS.exit_group, 23);
        using FileDescriptor image = ProgramImage.ToExecutable(program);
        using ProcessHandle process = Spawner.Start(BootProgram.Into(image, KernelFeatures.All, [], 0), 0, KernelFeatures.All);
        return process.Wait();
    }

    private static void Allocate(CancellationToken end)
    {
        List<byte[]> kept = [];
        for (int i = 0; !end.IsCancellationRequested; i++)
        {
            kept.Add(new byte[1024 + i % 4096]);
            if (kept.Count > 1000)
                kept.Clear();
            if (i % 500 == 0)
                GC.Collect(i % 3, GCCollectionMode.Forced, blocking: true);
        }
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
