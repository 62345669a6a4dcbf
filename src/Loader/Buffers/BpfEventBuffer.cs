using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Records that programs send to user space.</summary>
/// <remarks>There is one consumer: calls from several threads take turns.</remarks>
public abstract class BpfEventBuffer : IDisposable
{
    private const int AsyncBatch = 1024;

    private readonly Lock _gate = new();
    private readonly BpfMapSpec? _spec;
    private readonly Readiness _readiness;
    private bool _disposed;
    private int _drains;

    /// <param name="spec">What the map was made from, if it is known.</param>
    /// <param name="handles">What can be read when there are records.</param>
    /// <param name="owned">What is to be given back; also when this fails.</param>
    private protected BpfEventBuffer(BpfMapSpec? spec, ReadOnlySpan<BpfHandle> handles, params ReadOnlySpan<IDisposable> owned)
    {
        _spec = spec;
        try
        {
            _readiness = new Readiness(handles);
        }
        catch
        {
            foreach (IDisposable each in owned)
                each.Dispose();
            throw;
        }
    }

    /// <summary>Hands all records that are there to a handler, without waiting and without copying. Those that come meanwhile are left for the next call.</summary>
    /// <param name="handler">Called for each record, which counts as consumed even when the handler throws.</param>
    /// <returns>The number of records.</returns>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public int Consume(BpfRecordHandler handler) => Consume(handler, int.MaxValue);

    /// <summary>Waits for records if there are none, then hands all to a handler.</summary>
    /// <param name="handler">Called for each record.</param>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of records; 0 when the time is over.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public int Poll(BpfRecordHandler handler, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        int count = Consume(handler);
        if (count > 0)
            return count;
        _readiness.Wait(timeout, cancellationToken);
        return Consume(handler);
    }

    /// <summary>All records, those to come as well, as structures.</summary>
    /// <typeparam name="T">The record, laid out as the program has it; records may be longer.</typeparam>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The object says what the records are (<see cref="BpfMapSpec.BtfRecordTypeId"/>), and <typeparamref name="T"/> is
    /// laid out otherwise (<see cref="BpfOpaqueAttribute"/>).</exception>
    /// <exception cref="ArgumentOutOfRangeException">A record is shorter than <typeparamref name="T"/>.</exception>
    public IAsyncEnumerable<T> ReadAllAsync<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        MapTypeCheck.RequireRecord<T>(_spec);
        return ReadAllAsync(record => MemoryMarshal.Read<T>(record), cancellationToken);
    }

    /// <summary>All records, those to come as well, until the token is cancelled or the buffer is disposed.</summary>
    /// <typeparam name="T">What a record becomes.</typeparam>
    /// <param name="reader">Turns a record into an object.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<T> ReadAllAsync<T>(
        BpfRecordReader<T> reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        List<T> batch = [];
        while (!Volatile.Read(ref _disposed))
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Clear();
            if (!TryConsume(record => batch.Add(reader(record)), AsyncBatch, out _))
                yield break;
            foreach (T item in batch)
                yield return item;

            if (batch.Count == 0)
                await _readiness.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives back the memory and ends waits.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _readiness.Signal();
        lock (_gate)
        {
            // A handler may dispose of the buffer; the record that it looks at stays until it returns.
            if (_drains == 0)
                Release();
        }

        _readiness.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether <see cref="Dispose"/> was called; a handler may do so.</summary>
    private protected bool IsDisposed => Volatile.Read(ref _disposed);

    /// <summary>Hands at most <paramref name="limit"/> records over.</summary>
    private protected abstract int Drain(BpfRecordHandler handler, int limit);

    /// <summary>Gives back memory and descriptors; may be called twice.</summary>
    private protected abstract void Release();

    private int Consume(BpfRecordHandler handler, int limit) =>
        TryConsume(handler, limit, out int count) ? count : throw new ObjectDisposedException(GetType().FullName);

    /// <returns>False where the buffer was disposed.</returns>
    private bool TryConsume(BpfRecordHandler handler, int limit, out int count)
    {
        ArgumentNullException.ThrowIfNull(handler);
        count = 0;
        lock (_gate)
        {
            if (_disposed)
                return false;
            _drains++;
            try
            {
                count = Drain(handler, limit);
                return true;
            }
            finally
            {
                if (--_drains == 0 && _disposed)
                    Release();
            }
        }
    }
}

/// <summary>Looks at a record of a buffer, in place.</summary>
/// <param name="record">The record's bytes, valid until the handler returns.</param>
public delegate void BpfRecordHandler(ReadOnlySpan<byte> record);

/// <summary>Turns a record of a buffer into an object.</summary>
/// <typeparam name="T">The object.</typeparam>
/// <param name="record">The record's bytes, valid until the reader returns.</param>
public delegate T BpfRecordReader<out T>(ReadOnlySpan<byte> record);
