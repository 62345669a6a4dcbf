using System.Diagnostics;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Waits until one of some descriptors can be read, or somebody signals.</summary>
internal sealed unsafe class DescriptorWaiter : IDisposable
{
    private readonly BpfHandle[] _handles;
    private readonly BpfHandle _signal;

    public DescriptorWaiter(params BpfHandle[] handles)
    {
        const int CloseOnExecNonBlocking = 0x80800; // EFD_CLOEXEC | EFD_NONBLOCK
        int descriptor = Libc.EventDescriptor(0, CloseOnExecNonBlocking);
        _signal = descriptor >= 0 ? BpfHandle.Own(descriptor) : throw new BpfException("creating an eventfd", -Libc.NegativeError);
        _handles = handles;
    }

    /// <summary>Waits; returns early when signalled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Wait(TimeSpan timeout, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using (cancellation.UnsafeRegister(static waiter => ((DescriptorWaiter)waiter!).Signal(), this))
        {
            Stopwatch clock = Stopwatch.StartNew();
            while (!PollOnce(Remaining(timeout, clock.Elapsed)))
            {
                // Interrupted by a signal of the operating system.
            }
        }

        if (!cancellation.IsCancellationRequested)
            return;
        ulong count;
        using BpfHandle.Use signal = _signal.Borrow();
        _ = Libc.Read(signal.Descriptor, &count, sizeof(ulong));
        throw new OperationCanceledException(cancellation);
    }

    /// <summary>Ends the wait of another thread, or the next one.</summary>
    public void Signal()
    {
        ulong one = 1;
        using BpfHandle.Use signal = _signal.Borrow();
        _ = Libc.Write(signal.Descriptor, &one, sizeof(ulong));
    }

    public void Dispose() => _signal.Dispose();

    private bool PollOnce(int milliseconds)
    {
        using BpfHandle.Use signal = _signal.Borrow();
        var descriptors = new PollDescriptor[_handles.Length + 1];
        for (int i = 0; i < _handles.Length; i++)
            descriptors[i] = new PollDescriptor { Descriptor = _handles[i].Descriptor, Events = Libc.PollIn };
        descriptors[^1] = new PollDescriptor { Descriptor = signal.Descriptor, Events = Libc.PollIn };

        fixed (PollDescriptor* pointer = descriptors)
        {
            int result = Libc.Poll(pointer, (nuint)descriptors.Length, milliseconds);
            int error = result < 0 ? -Libc.NegativeError : 0;
            return error is 0 or Errno.EINTR ? error == 0 : throw new BpfException("waiting for records", error);
        }
    }

    private static int Remaining(TimeSpan timeout, TimeSpan elapsed)
    {
        if (timeout < TimeSpan.Zero)
            return -1;
        double left = Math.Ceiling((timeout - elapsed).TotalMilliseconds);
        return (int)Math.Clamp(left, 0, int.MaxValue);
    }
}
