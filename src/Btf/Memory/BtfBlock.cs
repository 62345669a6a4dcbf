using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>A run of bytes that never changes and never goes away while this is held: in an array, or in pages that stay mapped.</summary>
/// <remarks>
/// A span over an array keeps the array alive; one over native memory keeps nothing alive. Therefore native memory gets in here only from
/// <c>KernelBtfPages</c>, which never unmaps it, so that no view and no span can outlive it.
/// </remarks>
internal readonly unsafe struct BtfBlock
{
    private readonly byte[]? _array;

    /// <summary>An index into the array; without an array, an address.</summary>
    private readonly nint _start;

    public BtfBlock(byte[] array, int start, int length)
    {
        _array = array;
        _start = start;
        Length = length;
    }

#if NET
    public BtfBlock(KernelBtfPages pages, int start, int length)
    {
        ReadOnlySpan<byte> run = pages.GetSpan().Slice(start, length);
        _start = pages.Address + start;
        Length = run.Length;
    }
#endif

    public int Length { get; }

    public ReadOnlySpan<byte> Span => _array is not null ? new ReadOnlySpan<byte>(_array, (int)_start, Length) : new ReadOnlySpan<byte>((void*)_start, Length);

    /// <summary>The bytes of a block of memory, where they are if that is safe; of somebody else's native memory, a copy.</summary>
    public static BtfBlock Of(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment))
            return new BtfBlock(segment.Array!, segment.Offset, segment.Count);
#if NET
        if (MemoryMarshal.TryGetMemoryManager(memory, out KernelBtfPages? pages, out int start, out int length))
            return new BtfBlock(pages, start, length);
#endif
        byte[] copy = memory.ToArray();
        return new BtfBlock(copy, 0, copy.Length);
    }

    public BtfBlock Slice(int start, int length)
    {
        _ = Span.Slice(start, length);
        return new BtfBlock(this, start, length);
    }

    private BtfBlock(BtfBlock whole, int start, int length)
    {
        _array = whole._array;
        _start = whole._start + start;
        Length = length;
    }
}
