using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>The runtime killed in the middle of its work, and many at once.</summary>
[NonParallelizable]
public sealed class KilledRuntimeTests : KernelTest
{
    [Test]
    [TestCase("create", 100)]
    [TestCase("run", 100)]
    public void KilledAtAnyInstant_DeleteCleansUp(string command, int rounds)
    {
        Random random = new(7);
        TestBundle bundle = Sleeper().Save();
        double whole = Measure(command, bundle);
        int killedInTheMiddle = 0;
        for (int round = 0; round < rounds; round++)
        {
            using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, command, "-b", bundle.Folder, bundle.Id).Start();
            Pause(random.NextDouble() * whole * 1.3);
            if (!run.HasEnded)
                killedInTheMiddle++;
            run.Signal(Signal.SIGKILL);
            run.Wait();
            Call("delete", "--force", bundle.Id).Succeeded();
            IReadOnlyList<string> left = [];
            Host.Eventually(() => (left = Box.Left()).Count == 0, 2000);
            Assert.That(left, Is.Empty, $"round {round}");
        }
        Assert.That(killedInTheMiddle, Is.GreaterThan(rounds / 5), "too few were killed while they worked to tell anything");
    }

    [Test]
    public void SixtyRuns_EightAtATime_AThirdKilled_LeaveNothing()
    {
        List<TestBundle> bundles = [.. Enumerable.Range(0, 60).Select(_ => Shell("i=0; while [ $i -lt 200 ]; do i=$((i+1)); done").Save())];
        Parallel.ForEach(bundles, new ParallelOptions { MaxDegreeOfParallelism = 8 }, (bundle, _, index) =>
        {
            using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id).Start();
            if (index % 3 == 0)
            {
                Pause(index % 20);
                run.Signal(Signal.SIGKILL);
                run.Wait();
            }
            else
            {
                run.Wait().Succeeded();
            }
        });
        foreach (string id in Call("list", "-q").Succeeded().Lines)
            Call("delete", "--force", id).Succeeded();
        Assert.That(Call("list", "-q").Succeeded().Text, Is.Empty);
        AssertNothingLeft();
    }

    [Test]
    public void AHundredRunsAtOnce_AllSucceed()
    {
        List<TestBundle> bundles = [.. Enumerable.Range(0, 100).Select(_ => Bundle().WithArgs("true").Save())];
        List<RunningProgram> runs = bundles.ConvertAll(b => RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", b.Folder, b.Id).Start());
        foreach (RunningProgram run in runs)
            run.Wait(120_000).Succeeded();
        AssertNothingLeft();
    }

    [Test]
    public void SameId_ManyAtOnce_OneWins()
    {
        TestBundle bundle = Sleeper().Save();
        List<RunningProgram> creates = [.. Enumerable.Range(0, 12).Select(_ => RuntimeUnderTest.Command(Box.StateRoot, "create", "-b", bundle.Folder, bundle.Id).Start())];
        List<Outcome> outcomes = creates.ConvertAll(c => c.Wait());
        Assert.That(outcomes.Count(o => o.ExitCode == 0), Is.EqualTo(1), string.Join('\n', outcomes.Select(o => o.Error)));
        foreach (Outcome lost in outcomes.Where(o => o.ExitCode != 0))
            lost.FailedInOneLine("already exists");
        Assert.That(Status(bundle.Id), Is.EqualTo("created"));
        List<RunningProgram> deletes = [.. Enumerable.Range(0, 8).Select(_ => RuntimeUnderTest.Command(Box.StateRoot, "delete", "--force", bundle.Id).Start())];
        foreach (RunningProgram delete in deletes)
            delete.Wait().Succeeded();
        AssertNothingLeft();
    }

    [Test]
    public void StateAndList_WhileContainersComeAndGo_NeverFail()
    {
        using CancellationTokenSource end = new();
        List<string> complaints = [];
        Thread looker = new(() =>
        {
            while (!end.IsCancellationRequested)
            {
                Outcome list = Call("list");
                if (list.ExitCode != 0 || list.Error.Length > 0)
                    lock (complaints)
                        complaints.Add(list.ToString());
            }
        });
        looker.Start();
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 3 }, _ => Run(NewBundle()).Succeeded());
        end.Cancel();
        looker.Join();
        Assert.That(complaints, Is.Empty);
        TestBundle NewBundle()
        {
            lock (end)
                return Bundle().WithArgs("true");
        }
    }

    private double Measure(string command, TestBundle bundle)
    {
        // A run goes on until its container ends, which is when it is killed at the latest: what matters is the time that create takes.
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < 5; i++)
        {
            Call("create", "-b", bundle.Folder, bundle.Id).Succeeded();
            if (i < 4)
                Call("delete", "--force", bundle.Id).Succeeded();
        }
        Call("delete", "--force", bundle.Id).Succeeded();
        return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds / 10 * (command == "run" ? 1.2 : 1);
    }

    private static void Pause(double milliseconds)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        if (milliseconds > 3)
            Thread.Sleep((int)milliseconds - 2);
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
            Thread.SpinWait(50);
    }
}
