using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Writes a map of kind <see cref="BpfMapType.UserRingbuf"/>: records that programs drain (<c>bpf_user_ringbuf_drain</c>). Linux 6.1.</summary>
/// <remarks>Several threads may write at once. The layout is that of <see cref="BpfRingBuffer"/> with the roles exchanged: the producer's pages and the data,
/// mapped twice in a row, are writable, the consumer's page is not (kernel/bpf/ringbuf.c, <c>user_ringbuf_map</c> of libbpf).</remarks>
public sealed unsafe class BpfUserRingBuffer : IDisposable
{
    private const uint Discarded = 1u << 30;
    private const int HeaderSize = 8;

    private readonly Lock _gate = new();
    private readonly MappedPages _consumer;
    private readonly MappedPages _producer;
    private readonly byte* _data;
    private readonly uint _size;
    private readonly BpfMapSpec? _spec;
    private Type? _checked;

    /// <summary>Maps a user ring buffer into memory. The map may be disposed while this lives.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.UserRingbuf"/>.</param>
    /// <exception cref="ArgumentException">The map is of another kind.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfUserRingBuffer(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.UserRingbuf)
            throw new ArgumentException($"{map.Description} is not a user ring buffer.", nameof(map));
        _size = map.MaxEntries;
        _spec = map.Spec;
        int page = Environment.SystemPageSize;
        _consumer = new MappedPages(map.Handle, 0, page, writable: false, map.Description);
        try
        {
            _producer = new MappedPages(map.Handle, page, page + (2L * _size), writable: true, map.Description);
        }
        catch
        {
            _consumer.Dispose();
            throw;
        }

        _data = _producer.Start + page;
    }

    /// <summary>The longest record in bytes.</summary>
    public int MaximumLength => (int)Math.Min(_size - HeaderSize, Discarded - 1);

    /// <summary>Writes a record.</summary>
    /// <returns>False when there is no room until a program has drained the buffer.</returns>
    /// <exception cref="ArgumentException">The record is longer than <see cref="MaximumLength"/>.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public bool TryWrite(ReadOnlySpan<byte> record)
    {
        if (record.Length > MaximumLength)
            throw new ArgumentException($"A record of this buffer has {MaximumLength} bytes at most, not {record.Length}.", nameof(record));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_producer.Start == null, this);
            ref nuint end = ref Unsafe.AsRef<nuint>(_producer.Start); // unsigned long at the start of the page
            nuint total = ((nuint)record.Length + HeaderSize + 7) & ~(nuint)7;
            nuint used = end - Volatile.Read(ref Unsafe.AsRef<nuint>(_consumer.Start));
            if (total > _size - used)
                return false;
            byte* place = _data + (end & (_size - 1));
            *(uint*)(place + sizeof(uint)) = 0;
            record.CopyTo(new Span<byte>(place + HeaderSize, record.Length));

            // Whoever sees the new end sees the record and its length.
            Volatile.Write(ref *(uint*)place, (uint)record.Length);
            Volatile.Write(ref end, end + total);
            return true;
        }
    }

    /// <summary>Writes a structure.</summary>
    /// <typeparam name="T">The record, laid out as the program has it.</typeparam>
    /// <returns>False when there is no room until a program has drained the buffer.</returns>
    /// <exception cref="ArgumentException">The record is longer than <see cref="MaximumLength"/>; or the object says what the records are
    /// (<see cref="BpfMapSpec.BtfRecordTypeId"/>), and <typeparamref name="T"/> is laid out otherwise (<see cref="BpfOpaqueAttribute"/>).</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public bool TryWrite<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(in T record)
        where T : unmanaged
    {
        // The type that was written last is not compared again.
        if (_checked != typeof(T))
        {
            MapTypeCheck.RequireRecord<T>(_spec);
            _checked = typeof(T);
        }

        return TryWrite(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)));
    }

    /// <summary>Gives back the memory; what was written stays for programs.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _producer.Dispose();
            _consumer.Dispose();
        }
    }
}
