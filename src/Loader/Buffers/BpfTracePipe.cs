using System.Text;

namespace P3Ebpf.Loader.Buffers;

/// <summary>What programs print with <c>bpf_trace_printk</c>: the lines of tracefs's <c>trace_pipe</c>.</summary>
/// <remarks>There is one pipe for the machine: it holds what all programs print, and each line is read once, by whoever comes first. tracefs need not be mounted.</remarks>
public sealed unsafe class BpfTracePipe : IDisposable
{
    private const string Event = ": bpf_trace_printk: ";
    private const int BufferSize = 1 << 14;

    private readonly TraceFs _traceFs;
    private readonly BpfHandle _pipe;
    private readonly Readiness _readiness;
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _filled;

    private BpfTracePipe(TraceFs traceFs, BpfHandle pipe)
    {
        _traceFs = traceFs;
        _pipe = pipe;
        _readiness = new Readiness(pipe);
    }

    /// <summary>Opens the pipe.</summary>
    /// <exception cref="BpfException">tracefs cannot be used, or this process may not read the pipe.</exception>
    public static BpfTracePipe Open()
    {
        const int NonBlocking = 0x800; // O_NONBLOCK
        TraceFs traceFs = TraceFs.Open();
        try
        {
            string path = Path.Combine(traceFs.Root, "trace_pipe");
            int descriptor = Libc.Open(path, Libc.OpenCloseOnExec | NonBlocking);
            if (descriptor < 0)
                throw new BpfException($"opening {path}", -Libc.NegativeError, hint: "Another process may hold it (EBUSY), or it may be read by root only.");
            return new BpfTracePipe(traceFs, BpfHandle.Own(descriptor));
        }
        catch
        {
            traceFs.Dispose();
            throw;
        }
    }

    /// <summary>Waits for lines if there are none, then hands those that are there to a handler. Lines of other events than <c>bpf_trace_printk</c> are passed over.</summary>
    /// <param name="handler">Called for each line.</param>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of lines.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public int Poll(Action<BpfTraceLine> handler, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        int count = Drain(handler);
        if (count > 0)
            return count;
        _readiness.Wait(timeout, cancellationToken);
        return Drain(handler);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _readiness.Dispose();
        _pipe.Dispose();
        _traceFs.Dispose();
    }

    /// <summary>Reads what is there, but not for ever where lines come as fast as they are read.</summary>
    private int Drain(Action<BpfTraceLine> handler)
    {
        const int MostReads = 256;
        int count = 0;
        for (int reads = 0; reads < MostReads; reads++)
        {
            // A line longer than the buffer is handed over in pieces.
            if (_filled == BufferSize)
                count += Hand(_filled, handler);
            int read;
            using (BpfHandle.Use use = _pipe.Borrow())
            {
                fixed (byte* start = _buffer)
                    read = (int)Libc.Read(use.Descriptor, start + _filled, (nuint)(BufferSize - _filled));
            }

            if (read <= 0)
                return count;
            _filled += read;
            for (int end; (end = _buffer.AsSpan(0, _filled).IndexOf((byte)'\n')) >= 0;)
                count += Hand(end + 1, handler);
        }

        return count;
    }

    private int Hand(int length, Action<BpfTraceLine> handler)
    {
        string line = Encoding.UTF8.GetString(_buffer, 0, length).TrimEnd('\n');
        Buffer.BlockCopy(_buffer, length, _buffer, 0, _filled - length);
        _filled -= length;
        int at = line.IndexOf(Event, StringComparison.Ordinal);
        if (at < 0)
            return 0;
        handler(new BpfTraceLine(line[..at].Trim(), line[(at + Event.Length)..]));
        return 1;
    }
}

/// <summary>A line of <c>trace_pipe</c>.</summary>
/// <param name="Context">Who printed it, where and when: <c>bash-1234    [001] d..21   634.214520</c>.</param>
/// <param name="Message">What was printed.</param>
public sealed record BpfTraceLine(string Context, string Message);
