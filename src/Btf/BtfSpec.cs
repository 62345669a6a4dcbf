using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>
/// One BTF, read-only: types and strings in one block of memory, decoded when looked at. Safe for concurrent readers.
/// </summary>
/// <remarks>
/// What <see cref="Parse"/> accepts is safe to walk: every record lies within the data, and every name and type id that a record
/// refers to exists. It checks no more than that; chains of types may still be circular, so walks are bounded.
/// </remarks>
public sealed class BtfSpec
{
    private readonly BtfBlock _bytes;
    private readonly BtfBlock _strings;
    private readonly int[] _offsets;
    private readonly int? _givenPointerSize;
    private BtfNameIndex? _names;
    private int _pointerSize;

    private BtfSpec(ReadOnlyMemory<byte> data, BtfReadOptions options)
    {
        Source = options.Source;
        Base = options.Base;
        _givenPointerSize = options.PointerSize;

        ReadOnlySpan<byte> original = data.Span;
        Header = BtfHeader.Read(original);
        Header.Validate(original.Length);
        Data = Header.IsNative ? data : BtfByteSwapper.ToNative(original, Header);
        _bytes = BtfBlock.Of(Data);

        int body = (int)Header.HeaderLength;
        CheckStrings(body + (int)Header.StringOffset);
        _strings = _bytes.Slice(body + (int)Header.StringOffset, (int)Header.StringLength);
        FirstId = new BtfTypeId(Base?.TypeCount ?? 1);
        StringBase = Base?.StringEnd ?? 0;
        _offsets = BtfTypeTable.Build(this, _bytes.Span, body + (int)Header.TypeOffset, (int)Header.TypeLength, StringEnd);
    }

    /// <summary>The header, as it was stored.</summary>
    public BtfHeader Header { get; }

    /// <summary>What the data is called in messages, where the caller said so.</summary>
    public string? Source { get; }

    /// <summary>The BTF that this one continues, or <see langword="null"/>.</summary>
    public BtfSpec? Base { get; }

    /// <summary>The id of the first type of this BTF itself; 1 unless it has a base.</summary>
    public BtfTypeId FirstId { get; }

    /// <summary>One more than the highest id: the types of this BTF and its bases, <c>void</c> counted.</summary>
    public uint TypeCount => FirstId.Value + (uint)_offsets.Length;

    /// <summary>The number of types in this BTF itself, without its bases and <c>void</c>.</summary>
    public int OwnTypeCount => _offsets.Length;

    /// <summary>The types of this BTF itself, in the order of their ids.</summary>
    public BtfTypeList OwnTypes => new(this, FirstId.Value, TypeCount);

    /// <summary>All types, those of the bases first, in the order of their ids and without <c>void</c>.</summary>
    public BtfTypeList Types => new(this, 1, TypeCount);

    /// <summary>The whole data, in this machine's byte order.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Bytes of a pointer, 4 or 8.</summary>
    public int PointerSize
    {
        get
        {
            if (_pointerSize == 0)
                _pointerSize = _givenPointerSize ?? Base?.PointerSize ?? BtfPointerSize.Detect(this);
            return _pointerSize;
        }
    }

    /// <summary>The string offset at which the strings of this BTF itself start.</summary>
    internal uint StringBase { get; }

    /// <summary>The first string offset that is out of range.</summary>
    internal uint StringEnd => StringBase + Header.StringLength;

    /// <summary>The whole data.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>The strings of this BTF itself.</summary>
    internal ReadOnlySpan<byte> StringSection => _strings.Span;

    /// <summary>Where the record of each of the types of this BTF itself starts, in bytes from the start of the data.</summary>
    internal ReadOnlySpan<int> Offsets => _offsets;

    private BtfNameIndex Names
    {
        get
        {
            BtfNameIndex? names = Volatile.Read(ref _names);
            if (names is null)
            {
                // Two readers may both build it; they build the same.
                names = new BtfNameIndex(this);
                names = Interlocked.CompareExchange(ref _names, names, null) ?? names;
            }

            return names;
        }
    }

    /// <summary>The type with this id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id. <c>void</c> has a view too.</exception>
    public BtfType this[BtfTypeId id] =>
        TryGetType(id, out BtfType type) ? type : throw new ArgumentOutOfRangeException(nameof(id), $"There is no type {id}; there are {TypeCount}.");

    /// <summary>Reads BTF from memory. The data is not copied (unless its byte order is foreign) and must not change afterwards.</summary>
    /// <param name="data">The raw BTF; bytes after its last section are ignored.</param>
    /// <param name="options">Base, pointer size and name; may be left out.</param>
    /// <exception cref="BtfFormatException">The data is malformed.</exception>
    public static BtfSpec Parse(ReadOnlyMemory<byte> data, BtfReadOptions? options = null)
    {
        options ??= new BtfReadOptions();
        try
        {
            return new BtfSpec(data, options);
        }
        catch (BtfFormatException e) when (e.File is null && options.Source is not null)
        {
            throw e.In(options.Source);
        }
    }

    /// <summary>Reads a file that holds raw BTF, such as <c>/sys/kernel/btf/vmlinux</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Base, pointer size and name; the name defaults to the path.</param>
    /// <exception cref="BtfFormatException">The data is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BtfSpec Read(string path, BtfReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ReadOnlyMemory<byte> data = ReadBytes(path);
        return Parse(data, new BtfReadOptions { Base = options?.Base, PointerSize = options?.PointerSize, Source = options?.Source ?? path });
    }

    /// <summary>The bytes of a file; those of the running kernel's types where the kernel has them, if it lets them be mapped (Linux 6.16).</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not read it.</exception>
    public static ReadOnlyMemory<byte> ReadBytes(string path)
    {
#if NET
        if (KernelBtfPages.TryMap(path, out ReadOnlyMemory<byte> mapped))
            return mapped;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        if (file.CanSeek && file.Length is > 0 and <= int.MaxValue)
        {
            // Not cleared before it is filled; one read of a sysfs file yields a page at most.
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(file.Length, Array.MaxLength));
            return bytes.AsMemory(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
#endif
        return File.ReadAllBytes(path);
    }

    /// <summary>The type with this id, if there is one.</summary>
    public bool TryGetType(BtfTypeId id, out BtfType type)
    {
        BtfSpec spec = this;
        while (id.Value < spec.FirstId.Value && spec.Base is not null)
            spec = spec.Base;
        if (id.IsVoid)
        {
            type = new BtfType(spec, id, -1);
            return true;
        }

        uint index = id.Value - spec.FirstId.Value;
        if (id.Value < spec.FirstId.Value || index >= (uint)spec._offsets.Length)
        {
            type = default;
            return false;
        }

        type = new BtfType(spec, id, spec._offsets[index]);
        return true;
    }

    /// <summary>The string at an offset of the string section, counted over all bases.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies outside the strings.</exception>
    public BtfString GetString(uint offset) =>
        TryGetString(offset, out BtfString text) ? text : throw new ArgumentOutOfRangeException(nameof(offset), $"String offset {offset} is outside the {StringEnd} bytes of strings.");

    /// <summary>The string at an offset of the string section, if the offset is in range.</summary>
    public bool TryGetString(uint offset, out BtfString text)
    {
        BtfSpec spec = this;
        while (offset < spec.StringBase)
            spec = spec.Base!;
        if (offset >= spec.StringEnd)
        {
            text = default;
            return false;
        }

        int start = (int)(offset - spec.StringBase);
        text = new BtfString(spec._strings.Slice(start, spec._strings.Span.Slice(start).IndexOf((byte)0)));
        return true;
    }

    /// <summary>The first type, by id, with this name and kind.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, BtfKind kind, out BtfType type)
    {
        foreach (BtfType candidate in FindAll(name))
        {
            if (candidate.Kind == kind)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <inheritdoc cref="TryFind(ReadOnlySpan{byte}, BtfKind, out BtfType)"/>
    public bool TryFind(string name, BtfKind kind, out BtfType type) => TryFind(System.Text.Encoding.UTF8.GetBytes(name), kind, out type);

    /// <summary>All types with exactly this name, by id, those of the bases first.</summary>
    public BtfNameMatches FindAll(ReadOnlySpan<byte> name) => new(this, name, essential: false);

    /// <inheritdoc cref="FindAll(ReadOnlySpan{byte})"/>
    public BtfNameMatches FindAll(string name) => FindAll(System.Text.Encoding.UTF8.GetBytes(name));

    /// <summary>All types whose essential name is this one, by id, those of the bases first.</summary>
    /// <param name="essentialName">A name without flavour suffix; see <see cref="BtfEssentialName"/>.</param>
    public BtfNameMatches FindAllFlavors(ReadOnlySpan<byte> essentialName) => new(this, essentialName, essential: true);

    /// <summary>Follows typedefs, qualifiers and type tags to the type that they stand for.</summary>
    /// <exception cref="BtfFormatException">The chain is circular.</exception>
    public BtfType ResolveModifiers(BtfTypeId id) => BtfSizes.ResolveModifiers(this, id);

    /// <summary>The size of a type in bytes.</summary>
    /// <exception cref="BtfFormatException">The type has no size, or one that does not fit into 32 bits.</exception>
    public uint SizeOf(BtfTypeId id) => BtfSizes.SizeOf(this, id, out uint size) is { } code ? throw BtfSizes.Failure(this, id, code) : size;

    /// <summary>The size of a type in bytes, if it has one.</summary>
    public bool TryGetSize(BtfTypeId id, out uint size) => BtfSizes.SizeOf(this, id, out size) is null;

    /// <summary>The alignment of a type in bytes; 0 where it has none.</summary>
    public int AlignmentOf(BtfTypeId id) => BtfSizes.AlignmentOf(this, id);

    /// <summary>What the layout section says of a kind.</summary>
    /// <remarks>A split BTF without a layout section of its own uses that of its base.</remarks>
    public bool TryGetLayout(BtfKind kind, out BtfLayout layout)
    {
        if (Header.LayoutLength == 0)
        {
            layout = default;
            return Base is not null && Base.TryGetLayout(kind, out layout);
        }

        long offset = (long)(byte)kind * BtfLayout.EntryLength;
        if (offset >= Header.LayoutLength)
        {
            layout = default;
            return false;
        }

        ReadOnlySpan<byte> entry = _bytes.Span.Slice((int)Header.HeaderLength + (int)Header.LayoutOffset + (int)offset, BtfLayout.EntryLength);
        layout = new BtfLayout(entry[0], entry[1], MemoryMarshal.Read<ushort>(entry.Slice(2)));
        return true;
    }

    internal int FirstNamed(ReadOnlySpan<byte> essentialName) => Names.First(essentialName);

    internal int NextNamed(int index) => Names.Next(index);

    private void CheckStrings(int at)
    {
        int length = (int)Header.StringLength;
        ReadOnlySpan<byte> data = _bytes.Span;
        if (length == 0)
        {
            if (Base is null)
                throw new BtfFormatException(BtfErrorCode.BadStrings, "the string section is empty; if this is a module's BTF, give its base", 20);
            return;
        }

        if (data[at + length - 1] != 0)
            throw new BtfFormatException(BtfErrorCode.BadStrings, "the string section does not end with a zero byte", at + length - 1);
        if (Base is null && data[at] != 0)
        {
            throw new BtfFormatException(
                BtfErrorCode.BaseMissing, "the string section does not begin with the empty name: this looks like a module's split BTF; give its base", at);
        }

        if ((ulong)(Base?.StringEnd ?? 0) + Header.StringLength > uint.MaxValue)
            throw new BtfFormatException(BtfErrorCode.BadStrings, "the strings of this BTF and its bases exceed 4 GiB", 20);
    }
}

/// <summary>How to read a BTF.</summary>
public sealed class BtfReadOptions
{
    /// <summary>
    /// The BTF whose ids and strings the data continues (split BTF), or <see langword="null"/> where the data stands alone.
    /// Bases may be split themselves. It must be the very one against which the data was made: nothing in the format proves it.
    /// </summary>
    public BtfSpec? Base { get; init; }

    /// <summary>
    /// Bytes of a pointer, 4 or 8, where the caller knows it (from an ELF class; 8 for BPF objects); otherwise it is derived from
    /// the size of <c>long</c>.
    /// </summary>
    public int? PointerSize { get; init; }

    /// <summary>What to call the data in error messages, for example its path.</summary>
    public string? Source { get; init; }
}
