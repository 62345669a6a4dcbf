using P3Ebpf.Loader.Interop;

namespace P3Ebpf.Loader;

/// <summary>The values of an array map as memory that is shared with the kernel. Entries are 8 bytes aligned.</summary>
public sealed unsafe class BpfMapMemory : IDisposable
{
    private readonly int _length;
    private nint _address;

    internal BpfMapMemory(BpfMap map, int length, bool writable)
    {
        using BpfHandle.Use use = map.Handle.Borrow();
        int protection = Libc.ProtectionRead | (writable ? Libc.ProtectionWrite : 0);
        nint address = Libc.MapMemory(0, (nuint)length, protection, Libc.MapShared, use.Descriptor, 0);
        if (address == -1)
            throw new BpfException($"mapping the values of {map.Description} into memory", -Libc.NegativeError);
        _address = address;
        _length = length;
        IsWritable = writable;
    }

    /// <summary>Unmaps what was not disposed.</summary>
    ~BpfMapMemory() => Unmap();

    /// <summary>Whether the memory can be written.</summary>
    public bool IsWritable { get; }

    /// <summary>All values. Writing to memory that is not writable ends the process; so does any use after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return new Span<byte>((void*)_address, _length);
        }
    }

    /// <summary>One object in the memory, such as a global variable.</summary>
    /// <param name="offset">Its offset in bytes; a multiple of its alignment for access in one piece.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie wholly in the memory.</exception>
    public ref T At<T>(int offset)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _length - sizeof(T));
        ObjectDisposedException.ThrowIf(_address == 0, this);
        return ref *(T*)(_address + offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Unmap()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
            _ = Libc.UnmapMemory(address, (nuint)_length);
    }
}
