namespace P3Ebpf.Loader.Buffers;

/// <summary>One thread for the process that waits for all buffers whose readers hold none.</summary>
internal sealed class ReadinessLoop
{
    private const int Batch = 64;

    private static readonly Lazy<ReadinessLoop> LazyShared = new(() => new ReadinessLoop());

    private readonly Lock _gate = new();
    private readonly BpfHandle _set = Epoll.Create();
    private readonly Dictionary<ulong, Readiness> _armed = [];
    private ulong _last;

    private ReadinessLoop() => new Thread(Run) { IsBackground = true, Name = "P3Ebpf buffers" }.Start();

    public static ReadinessLoop Shared => LazyShared.Value;

    /// <summary>Completes <paramref name="readiness"/> once there is something to read, and forgets it.</summary>
    /// <returns>What to call it when it is to be forgotten before.</returns>
    public ulong Arm(Readiness readiness)
    {
        lock (_gate)
        {
            Epoll.Add(_set, readiness.Set, ++_last, once: true);
            _armed.Add(_last, readiness);
            return _last;
        }
    }

    /// <summary>Forgets what is about to be closed; that leaves the set by itself.</summary>
    public void Forget(ulong key)
    {
        lock (_gate)
            _ = _armed.Remove(key);
    }

    private void Run()
    {
        Span<ulong> ready = stackalloc ulong[Batch];
        while (true)
        {
            int count = Epoll.Wait(_set, ready, -1);
            for (int i = 0; i < count; i++)
            {
                Readiness? readiness;
                lock (_gate)
                    _ = _armed.Remove(ready[i], out readiness);
                readiness?.Complete();
            }
        }
    }
}
