
namespace P3Ebpf.Loader.Maps;

/// <summary>
/// An arena in this process's memory: up to 4 GiB of pages that programs and the process share, at one address, so that pointers which one stores the
/// other can follow. Linux 6.9.
/// </summary>
/// <remarks>A page that does not exist yet is made when it is touched; with <see cref="BpfMapFlags.SegvOnFault"/> touching it ends the process.
/// So does any use of a reference or span after <see cref="Dispose"/>.</remarks>
public sealed unsafe class BpfArena : IDisposable
{
    private readonly MappedPages _pages;
    private readonly string _name;

    private BpfArena(BpfMap map, ulong address, long globalsOffset)
    {
        _name = map.Description;
        Size = map.MaxEntries * (long)Environment.SystemPageSize;
        GlobalsOffset = globalsOffset;
        _pages = new MappedPages(map.Handle, 0, Size, writable: true, _name, checked((nint)address));
    }

    /// <summary>Maps an arena into memory. Its place is decided when it is first mapped, in any process: <see cref="BpfMapSpec.Extra"/>, or where there is room.</summary>
    /// <param name="map">A map of type <see cref="BpfMapType.Arena"/>.</param>
    /// <param name="address">Where it must lie, as an arena that has its place already does; 0 for where it may.</param>
    /// <exception cref="ArgumentException">The map is no arena.</exception>
    /// <exception cref="BpfException">The kernel refuses: the arena has another place (EBUSY), or something else lies there (EEXIST).</exception>
    public static BpfArena Map(BpfMap map, ulong address = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Type == BpfMapType.Arena
            ? new BpfArena(map, address == 0 ? map.GetInfo().Extra : address, globalsOffset: 0)
            : throw new ArgumentException($"{map.Description} is no arena.", nameof(map));
    }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Where the global variables of the object begin, in bytes from the start. What is before is free for programs to allocate.</summary>
    public long GlobalsOffset { get; }

    /// <summary>The address of the first byte, for programs and this process alike.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ulong Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pages.Start == null, this);
            return (ulong)_pages.Start;
        }
    }

    /// <summary>An object in the arena.</summary>
    /// <param name="offset">Its offset in bytes; a multiple of its alignment for access in one piece.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie wholly in the arena.</exception>
    public ref T At<T>(long offset)
        where T : unmanaged => ref *(T*)(Start + (ulong)Checked(offset, sizeof(T)));

    /// <summary>Bytes of the arena.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie wholly in the arena.</exception>
    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new Span<byte>((byte*)Start + Checked(offset, length), length);
    }

    /// <summary>What a pointer points to that a program stored in the arena.</summary>
    /// <param name="pointer">The pointer, as a program or <see cref="PointerTo"/> made it; of one that was used as a number, the lower 32 bits are enough.</param>
    /// <exception cref="ArgumentOutOfRangeException">It points to no such object in the arena, as a null pointer does not.</exception>
    public ref T Follow<T>(ulong pointer)
        where T : unmanaged => ref At<T>(OffsetOf(pointer));

    /// <summary>The offset of what a pointer points to.</summary>
    /// <inheritdoc cref="Follow{T}"/>
    public long OffsetOf(ulong pointer)
    {
        // An arena lies within 4 GiB that share their upper halves, and programs calculate with the lower half.
        ulong start = Start;
        ulong address = pointer >> 32 == 0 ? (start & ~(ulong)uint.MaxValue) | pointer : pointer;
        return pointer != 0 && address - start < (ulong)Size
            ? (long)(address - start)
            : throw new ArgumentOutOfRangeException(nameof(pointer), $"0x{pointer:x} does not point into {_name}, which lies from 0x{start:x} to 0x{start + (ulong)Size:x}.");
    }

    /// <summary>The pointer to an object, to be stored in the arena for programs to follow.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie in the arena.</exception>
    public ulong PointerTo(long offset) => Start + (ulong)Checked(offset, 1);

    internal MappedPages Pages => _pages;

    /// <inheritdoc/>
    public void Dispose() => _pages.Dispose();

    /// <summary>Maps a new arena, and puts the global variables of the object into it.</summary>
    internal static BpfArena Fill(BpfMap map, BpfMapSpec spec)
    {
        var arena = new BpfArena(map, spec.Extra, GlobalsOffsetOf(spec));
        if (spec.InitialValue.Length > 0)
            spec.InitialValue.Span.CopyTo(arena.Slice(arena.GlobalsOffset, spec.InitialValue.Length));
        return arena;
    }

    /// <summary>
    /// Where the global variables of an object go: to the end, so that the first page can stay away for null pointers to be noticed. Where the
    /// instructions of older kernels cannot point there, to the start.
    /// </summary>
    /// <exception cref="BpfException">The arena is too small for them.</exception>
    /// <remarks>Rule: libbpf's <c>init_arena_map_data</c>. Kernels before 7.0 take offsets below BPF_MAX_VAR_OFF.</remarks>
    internal static long GlobalsOffsetOf(BpfMapSpec map)
    {
        const long MaxOffset = 1 << 29;
        long page = Environment.SystemPageSize;
        long size = map.MaxEntries * page;
        long needed = (map.InitialValue.Length + page - 1) / page * page;
        if (needed > size)
        {
            throw new BpfException(
                $"creating map '{map.Name}' ({map.Type})", Errno.E2BIG, BpfCommand.MapCreate,
                $"Its variables take {needed / page} pages of {page} bytes; raise max_entries, now {map.MaxEntries}.");
        }

        return size <= MaxOffset || KernelVersion.Current >= new Version(7, 0) ? size - needed : 0;
    }

    private long Checked(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size - length);
        return offset;
    }
}
