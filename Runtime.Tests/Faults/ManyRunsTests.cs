using System.Diagnostics;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>Five hundred runs, eight at a time, a third of them killed at a random instant: afterwards nothing is left.</summary>
[NonParallelizable, Category("Stress")]
public sealed class ManyRunsTests : KernelTest
{
    private const int Runs = 500;
    private const int AtATime = 8;
    private const double KilledWithin = 10; // milliseconds

    // runc 1.1 leaves cpuset folders of runs that were killed before it had written their state.
    [Test, Category("Fallback")]
    public void FiveHundredRuns_EveryThirdKilled_LeaveNothing()
    {
        List<TestBundle> bundles = [.. Enumerable.Range(0, Runs).Select(_ => Bundle().WithArgs("true").Save())];
        Random random = new(20);
        double[] instants = [.. bundles.Select(_ => random.NextDouble() * KilledWithin)];
        int killed = 0;
        List<string> failed = [];
        int next = -1;
        // Threads of our own: the pool would begin with one a core.
        List<Thread> threads = [.. Enumerable.Range(0, AtATime).Select(_ => new Thread(Work))];
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.That(failed, Is.Empty);
        Assert.That(killed, Is.GreaterThan(Runs / 12), "too few were killed while they worked to tell anything");

        // An id that list does not show has nothing, or a folder that a killed create has only just made: delete -f takes both.
        foreach (string id in Call("list", "-q").Succeeded().Lines)
            Call("delete", "--force", id).Succeeded();
        foreach (TestBundle bundle in bundles.Where((_, i) => i % 3 == 0))
            Call("delete", "--force", bundle.Id).Succeeded();
        Assert.That(Call("list", "-q").Succeeded().Text, Is.Empty);
        AssertNothingLeft();

        void Work()
        {
            for (int index; (index = Interlocked.Increment(ref next)) < Runs;)
            {
                TestBundle bundle = bundles[index];
                using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id).Start();
                if (index % 3 == 0)
                {
                    Wait(instants[index]);
                    if (!run.HasEnded)
                        Interlocked.Increment(ref killed);
                    run.Signal(Signal.SIGKILL);
                    run.Wait();
                }
                else if (run.Wait() is { ExitCode: not 0 } outcome)
                {
                    lock (failed)
                        failed.Add(outcome.ToString());
                }
            }
        }
    }

    private static void Wait(double milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        if (milliseconds > 2)
            Thread.Sleep((int)milliseconds - 1);
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
            Thread.SpinWait(50);
    }
}
