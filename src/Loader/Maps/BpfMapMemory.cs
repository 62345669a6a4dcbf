namespace P3Ebpf.Loader.Maps;

/// <summary>The values of an array map as memory that is shared with the kernel. Entries are 8 bytes aligned.</summary>
/// <remarks>
/// Several threads may read and write. Spans and references do not keep the memory: hold on to this object, and dispose it only once nobody uses them.
/// </remarks>
public sealed unsafe class BpfMapMemory : IDisposable
{
    private readonly int _length;
    private readonly MappedPages _pages;

    internal BpfMapMemory(BpfMap map, int length, bool writable)
    {
        _pages = new MappedPages(map.Handle, 0, length, writable, $"the values of {map.Description}");
        _length = length;
        IsWritable = writable;
    }

    /// <summary>Whether the memory can be written.</summary>
    public bool IsWritable { get; }

    /// <summary>All values. Writing to memory that is not writable ends the process; so does any use after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pages.Start == null, this);
            return new Span<byte>(_pages.Start, _length);
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
        ObjectDisposedException.ThrowIf(_pages.Start == null, this);
        return ref *(T*)(_pages.Start + offset);
    }

    internal MappedPages Pages => _pages;

    /// <inheritdoc/>
    public void Dispose() => _pages.Dispose();
}
