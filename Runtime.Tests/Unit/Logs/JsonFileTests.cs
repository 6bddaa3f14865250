using System.Text;
using NUnit.Framework;
using Vessel.Logs;
using Vessel.Logs.JsonFile;

namespace Vessel.Tests.Unit.Logs;

/// <summary>The json-file driver: what is written is read again, in order and once, over rotations and restarts.</summary>
public sealed class JsonFileTests
{
    private string folder = "";

    private string Log => folder + "/container.log";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("vessel-logs").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    private JsonFileWriter Writer(long? bytes = null, int files = 3) => new(Log, new JsonFileOptions(bytes, files));

    private async Task<List<LogRecord>> Read(LogReadOptions? options = null)
    {
        List<LogRecord> records = [];
        await foreach (LogRecord record in new JsonFileReader(Log).ReadAsync(options ?? new LogReadOptions()))
            records.Add(record);
        return records;
    }

    private static string Text(IEnumerable<LogRecord> records) => string.Concat(records.Select(record => Encoding.UTF8.GetString(record.Data.Span)));

    [Test]
    public void Line_IsAsDockerWritesIt()
    {
        using (JsonFileWriter writer = Writer())
            writer.Write(LogSource.Stderr, "a \"b\" \\ <c> & \t\r é\u2028\u0001\n"u8);
        string line = File.ReadAllText(Log);
        Assert.That(line, Does.StartWith("""{"log":"a \"b\" \\ \u003cc\u003e \u0026 \t\r é\u2028\u0001\n","stream":"stderr","time":"20"""));
        Assert.That(line, Does.Match("""Z"}\n$"""));
    }

    [Test]
    public async Task Lines_OfBothStreams_AreReadInTheOrderOfTheirEnds()
    {
        using (JsonFileWriter writer = Writer())
        {
            writer.Write(LogSource.Stdout, "one\ntw"u8);
            writer.Write(LogSource.Stderr, "error\n"u8);
            writer.Write(LogSource.Stdout, "o\n\nwithout end"u8);
        }
        List<LogRecord> records = await Read();
        Assert.That(records.Select(r => (r.Source, Encoding.UTF8.GetString(r.Data.Span), r.IsPartial)), Is.EqualTo(new[]
        {
            (LogSource.Stdout, "one\n", false), (LogSource.Stderr, "error\n", false), (LogSource.Stdout, "two\n", false), (LogSource.Stdout, "\n", false),
            (LogSource.Stdout, "without end", true),
        }));
        Assert.That(records.Select(r => r.Time), Is.Ordered.And.All.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task LongLine_ComesInPieces_CutBetweenCharacters()
    {
        string text = string.Concat(Enumerable.Range(0, 30_000).Select(i => i % 7 == 0 ? "😀" : "ä")) + "\n";
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using (JsonFileWriter writer = Writer())
            for (int start = 0; start < bytes.Length; start += 1000)
                writer.Write(LogSource.Stdout, bytes.AsSpan(start, Math.Min(1000, bytes.Length - start)));
        List<LogRecord> records = await Read();
        Assert.That(Text(records), Is.EqualTo(text));
        Assert.That(records.Select(r => r.Data.Length), Has.All.LessThanOrEqualTo(LogRecord.MaximumBytes));
        Assert.That(records.SkipLast(1), Has.All.Property(nameof(LogRecord.IsPartial)).True);
    }

    [Test]
    public async Task BytesThatAreNoText_AreReplaced_AndTheLineStays()
    {
        using (JsonFileWriter writer = Writer())
            writer.Write(LogSource.Stdout, [(byte)'a', 0xff, 0xc3, (byte)'b', 0, (byte)'\n']);
        Assert.That(Text(await Read()), Is.EqualTo("a\ufffd\ufffdb\0\n"));
    }

    [Test]
    public async Task Files_AreRotated_AndTheOldestIsRemoved()
    {
        using (JsonFileWriter writer = Writer(bytes: 1000, files: 3))
            for (int i = 0; i < 100; i++)
                writer.Write(LogSource.Stdout, Encoding.UTF8.GetBytes($"line {i}\n"));
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName).Order(), Is.EqualTo(new[] { "container.log", "container.log.1", "container.log.2" }));
        Assert.That(Directory.GetFiles(folder).Select(f => new FileInfo(f).Length), Has.All.LessThanOrEqualTo(1000));
        string[] lines = Text(await Read()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Is.EqualTo(Enumerable.Range(100 - lines.Length, lines.Length).Select(i => $"line {i}")));
        Assert.That(lines, Has.Length.GreaterThan(20));
    }

    [Test]
    public void OneFile_BeginsAnewWhenItIsFull()
    {
        using (JsonFileWriter writer = Writer(bytes: 1000, files: 1))
            for (int i = 0; i < 100; i++)
                writer.Write(LogSource.Stdout, Encoding.UTF8.GetBytes($"line {i}\n"));
        Assert.That(Directory.GetFiles(folder).Single(), Is.EqualTo(Log));
        Assert.That(File.ReadAllText(Log), Does.Contain("line 99").And.Not.Contain("line 1\\n"));
    }

    [Test]
    public async Task Restart_GoesOn_AlsoBehindALineThatWasCut()
    {
        using (JsonFileWriter writer = Writer())
            writer.Write(LogSource.Stdout, "first\nsecond\n"u8);
        byte[] whole = File.ReadAllBytes(Log);
        File.WriteAllBytes(Log, whole[..^20]);
        using (JsonFileWriter writer = Writer())
            writer.Write(LogSource.Stdout, "third\n"u8);
        Assert.That(Text(await Read()), Is.EqualTo("first\nthird\n"));
    }

    [Test]
    public async Task TailSinceUntilAndSource_ChooseRecords()
    {
        using (JsonFileWriter writer = Writer(bytes: 1000, files: 5))
            for (int i = 0; i < 20; i++)
            {
                writer.Write(i % 2 == 0 ? LogSource.Stdout : LogSource.Stderr, Encoding.UTF8.GetBytes($"{i}\n"));
                Thread.Sleep(2);
            }
        List<LogRecord> all = await Read();
        Assert.That(all, Has.Count.EqualTo(20));
        Assert.That(Text(await Read(new() { Tail = 3 })), Is.EqualTo("17\n18\n19\n"));
        Assert.That(Text(await Read(new() { Tail = 0 })), Is.Empty);
        Assert.That(Text(await Read(new() { Tail = 100, Stderr = false })), Is.EqualTo("0\n2\n4\n6\n8\n10\n12\n14\n16\n18\n"));
        Assert.That(Text(await Read(new() { Tail = 2, Stdout = false })), Is.EqualTo("17\n19\n"));
        Assert.That(Text(await Read(new() { Since = all[18].Time })), Is.EqualTo("18\n19\n"));
        Assert.That(Text(await Read(new() { Until = all[1].Time })), Is.EqualTo("0\n1\n"));
        Assert.That(Text(await Read(new() { Follows = true, Until = all[1].Time })), Is.EqualTo("0\n1\n"));
    }

    [Test]
    public async Task Follower_LosesAndRepeatsNothing_OverRotations_HoweverSlowItIs()
    {
        const int Lines = 60_000;
        TaskCompletionSource end = new();
        Task writing = Task.Run(() =>
        {
            using (JsonFileWriter writer = Writer(bytes: 500_000, files: 2))
                for (int i = 0; i < Lines; i++)
                {
                    writer.Write(LogSource.Stdout, Encoding.UTF8.GetBytes($"{i}\n"));
                    if (i % 200 == 0)
                        Thread.Sleep(1);
                }
            end.SetResult();
        });
        int next = 0;
        await foreach (LogRecord record in new JsonFileReader(Log).ReadAsync(new LogReadOptions { Follows = true, WriterEnd = end.Task }))
        {
            Assert.That(Encoding.UTF8.GetString(record.Data.Span), Is.EqualTo($"{next}\n"));
            if (next++ % 10_000 == 0)
                await Task.Delay(50);
        }
        await writing;
        Assert.That(next, Is.EqualTo(Lines));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Follower_BeginsBeforeTheLog_SeesLinesAsTheyCome_AndEndsWhenItIsCancelled()
    {
        using CancellationTokenSource stop = new();
        await using IAsyncEnumerator<LogRecord> follower = new JsonFileReader(Log).ReadAsync(new LogReadOptions { Follows = true }, stop.Token).GetAsyncEnumerator();
        ValueTask<bool> first = follower.MoveNextAsync();
        using JsonFileWriter writer = Writer();
        writer.Write(LogSource.Stdout, "line\n"u8);
        Assert.That(await first.AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.That(Encoding.UTF8.GetString(follower.Current.Data.Span), Is.EqualTo("line\n"));
        ValueTask<bool> second = follower.MoveNextAsync();
        stop.Cancel();
        Assert.That(async () => await second.AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void FullDisk_DropsAndCounts_AndTheLogGoesOn()
    {
        using JsonFileWriter writer = new("/dev/full", new JsonFileOptions(null, 1));
        writer.Write(LogSource.Stdout, "line\n"u8);
        Assert.That(writer.DroppedBytes, Is.EqualTo(5));
    }
}
