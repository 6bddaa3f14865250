namespace Vessel.Logs.JsonFile;

/// <summary>The files of a log in their order, also those that come while they are read.</summary>
/// <remarks>
/// Each new file is opened as soon as it is there, however slow the reader is: a rotation that removes it later takes nothing away. Changes are
/// reported by inotify; a look once a second finds what that has missed.
/// </remarks>
internal sealed class LogFileQueue : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly string path;
    private readonly FileSystemWatcher? watcher;
    private readonly Lock gate = new();
    private readonly Queue<OpenLogFile> files = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong? last;
    private bool isDisposed;

    /// <summary>Opens the files that there are.</summary>
    /// <param name="path">The current file.</param>
    /// <param name="watches">Whether files that come later are wanted.</param>
    public LogFileQueue(string path, bool watches)
    {
        this.path = path;
        if (watches)
        {
            watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path) + "*")
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size,
                InternalBufferSize = 64 << 10,
            };
            watcher.Changed += OnChange;
            watcher.Created += OnChange;
            watcher.Renamed += OnChange;
            watcher.Error += (_, _) => Look();
            watcher.EnableRaisingEvents = true;
        }
        Look();
    }

    /// <summary>Completes with the next change of the log, or after a while. To be taken before a read whose end is waited at.</summary>
    public Task NextChange
    {
        get
        {
            lock (gate)
                return changed.Task;
        }
    }

    /// <summary>Whether a file comes after the one that is read: nobody writes to that one any more.</summary>
    public bool HasNext
    {
        get
        {
            lock (gate)
                return files.Count > 0;
        }
    }

    /// <summary>All files that are open and not taken yet, the oldest first.</summary>
    public IReadOnlyList<OpenLogFile> Waiting
    {
        get
        {
            lock (gate)
                return [.. files];
        }
    }

    /// <summary>The next file; null where there is none yet. The caller disposes of it.</summary>
    public OpenLogFile? TryTake()
    {
        lock (gate)
            return files.TryDequeue(out OpenLogFile? file) ? file : null;
    }

    /// <summary>Looks for new files.</summary>
    public void Look()
    {
        TaskCompletionSource before;
        lock (gate)
        {
            if (isDisposed)
                return;
            // The newest that was found is still open, so its number belongs to no other file.
            foreach (OpenLogFile file in OpenLogFile.After(path, last))
            {
                files.Enqueue(file);
                last = file.Number;
            }
            before = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        before.TrySetResult();
    }

    /// <summary>Waits for a change that <see cref="NextChange"/> has promised.</summary>
    public async Task WaitAsync(Task change, Task? or, CancellationToken cancellation)
    {
        Task pause = Task.Delay(LookAgain, cancellation);
        if (await Task.WhenAny(or is null ? [change, pause] : [change, pause, or]).ConfigureAwait(false) == pause)
        {
            cancellation.ThrowIfCancellationRequested();
            Look();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        watcher?.Dispose();
        lock (gate)
        {
            isDisposed = true;
            while (files.TryDequeue(out OpenLogFile? file))
                file.Dispose();
        }
    }

    private void OnChange(object sender, FileSystemEventArgs change) => Look();
}
