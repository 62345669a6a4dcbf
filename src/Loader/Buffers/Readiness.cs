using System.Diagnostics;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Waits until one of some descriptors can be read, or somebody signals: with the thread that asks, or without one.</summary>
/// <remarks>The descriptors are members of an epoll set, which can be polled like a descriptor itself; that is what <see cref="ReadinessLoop"/> does.</remarks>
internal sealed unsafe class Readiness : IDisposable
{
    private readonly Lock _gate = new();
    private readonly BpfHandle _set;
    private readonly BpfHandle _signal;
    private TaskCompletionSource? _pending;
    private ulong _key;
    private bool _disposed;

    public Readiness(params ReadOnlySpan<BpfHandle> handles)
    {
        const int CloseOnExecNonBlocking = 0x80800; // EFD_CLOEXEC | EFD_NONBLOCK
        _set = Epoll.Create();
        int descriptor = Libc.EventDescriptor(0, CloseOnExecNonBlocking);
        if (descriptor < 0)
        {
            int error = -Libc.NegativeError;
            _set.Dispose();
            throw new BpfException("creating an eventfd", error);
        }

        _signal = BpfHandle.Own(descriptor);
        try
        {
            Epoll.Add(_set, _signal, 0, once: false);
            foreach (BpfHandle handle in handles)
                Epoll.Add(_set, handle, 0, once: false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The epoll set, which can be read when there is something to read.</summary>
    public BpfHandle Set => _set;

    /// <summary>Waits; returns early when signalled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Wait(TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Who disposes signals, and closes what was signalled: closed before this wait has seen it, it would leave the set, and the wait would never end.
        using BpfHandle.Use signal = _signal.Borrow();
        using (cancellationToken.UnsafeRegister(static waiter => ((Readiness)waiter!).Signal(), this))
        {
            Stopwatch clock = Stopwatch.StartNew();
            Span<ulong> ready = stackalloc ulong[1];
            while (Epoll.Wait(_set, ready, Remaining(timeout, clock.Elapsed)) < 0)
            {
                // Interrupted by a signal of the operating system.
            }
        }

        if (!cancellationToken.IsCancellationRequested)
            return;
        ulong count;
        _ = Libc.Read(signal.Descriptor, &count, sizeof(ulong));
        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>The same without holding a thread.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        Task pending;
        lock (_gate)
        {
            if (_disposed)
                return Task.CompletedTask;
            if (_pending is null)
            {
                // Only what is armed is ever completed.
                _key = ReadinessLoop.Shared.Arm(this);
                _pending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            pending = _pending.Task;
        }

        return pending.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the waits of other threads, or the next one; none where there are no more to come.</summary>
    public void Signal()
    {
        ulong one = 1;
        try
        {
            using BpfHandle.Use signal = _signal.Borrow();
            _ = Libc.Write(signal.Descriptor, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // A token may be cancelled while another thread disposes.
        }
    }

    /// <summary>Ends the waits that hold no thread.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _pending?.SetResult();
            _pending = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_pending is not null)
                ReadinessLoop.Shared.Forget(_key);
        }

        Complete();
        _set.Dispose();
        _signal?.Dispose();
    }

    private static int Remaining(TimeSpan timeout, TimeSpan elapsed)
    {
        if (timeout < TimeSpan.Zero)
            return -1;
        double left = Math.Ceiling((timeout - elapsed).TotalMilliseconds);
        return (int)Math.Clamp(left, 0, int.MaxValue);
    }
}
