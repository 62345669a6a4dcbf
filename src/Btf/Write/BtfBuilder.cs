using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>Makes BTF: takes types one by one, gives each its id, and writes them with their strings as raw BTF.</summary>
/// <remarks>
/// Types may refer to ids that are yet to come: <see cref="NextId"/> is the id of the next type, and <see cref="Reserve"/> takes
/// one for a type that is described later. References are checked when the BTF is written.
/// </remarks>
public sealed class BtfBuilder
{
    private readonly BtfRecordStore _records = new();
    private readonly BtfStringTable _strings;
    private readonly uint _firstId;
    private readonly int? _pointerSize;
    private readonly Dictionary<int, List<int>> _byHash = [];

    /// <summary>Starts an empty BTF.</summary>
    /// <param name="baseSpec">The BTF whose ids and strings the new one continues (split BTF), or none.</param>
    public BtfBuilder(BtfSpec? baseSpec = null)
        : this(baseSpec, BtfStringTable.MaxLength, baseSpec?.PointerSize)
    {
    }

    /// <summary>Starts an empty BTF whose strings may have at most so many bytes.</summary>
    internal BtfBuilder(BtfSpec? baseSpec, int maxStringLength, int? pointerSize)
    {
        Base = baseSpec;
        _firstId = baseSpec?.TypeCount ?? 1;
        _strings = new BtfStringTable(baseSpec, maxStringLength);
        _pointerSize = pointerSize;
    }

    /// <summary>The BTF that this one continues, or <see langword="null"/>.</summary>
    public BtfSpec? Base { get; }

    /// <summary>
    /// Whether a type whose record equals that of an earlier one gets the earlier one's id. It compares records, not graphs of
    /// types, which is what <see cref="BtfDeduplicator"/> does.
    /// </summary>
    public bool FoldIdenticalTypes { get; init; }

    /// <summary>The id that the next type gets (unless it is folded into an identical one).</summary>
    public BtfTypeId NextId => new(_firstId + (uint)_records.Count);

    /// <summary>The number of types so far, those of the base not counted.</summary>
    public int OwnTypeCount => _records.Count;

    /// <summary>Starts from a copy of a BTF: all ids and string offsets stay right, those in its .BTF.ext too.</summary>
    /// <exception cref="NotSupportedException">The BTF holds records of a kind that this library does not know.</exception>
    public static BtfBuilder CopyOf(BtfSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var copy = new BtfBuilder(spec.Base, BtfStringTable.MaxLength, spec.PointerSize);
        copy._strings.Seed(spec.StringSection);
        foreach (BtfType type in spec.OwnTypes)
            _ = copy.AppendCopy(Words(type));
        return copy;
    }

    /// <summary>Takes an id for a type that <see cref="Define"/> describes later; until then nothing can be written.</summary>
    public BtfTypeId Reserve() => IdAt(_records.AppendUndefined());

    /// <summary>
    /// Describes a reserved id, or replaces the type that has it, by the type that was just added: that one's own id is free again.
    /// </summary>
    /// <param name="id">The id to describe, one of this BTF itself.</param>
    /// <param name="added">What the last Add returned: <c>builder.Define(id, builder.AddStruct(…))</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not one of this BTF itself.</exception>
    public void Define(BtfTypeId id, BtfTypeId added)
    {
        int target = IndexOf(id, nameof(id));
        int source = IndexOf(added, nameof(added));
        _records.Alias(target, source);
        if (source == _records.Count - 1 && source != target)
            _records.RemoveLast();
    }

    /// <summary>The offset of a string in the string section, counted over all bases; the string is added if it is new.</summary>
    public uint AddString(BtfString text) => _strings.Add(text.Bytes);

    /// <summary>Adds an integer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="encoding">How to read it.</param>
    /// <param name="bitCount">The width in bits, 0..255; the whole size where left out.</param>
    /// <param name="bitOffset">Bits from the start of the storage, 0..255.</param>
    public BtfTypeId AddInt(BtfString name, uint size, BtfIntEncoding encoding = BtfIntEncoding.None, int? bitCount = null, int bitOffset = 0)
    {
        long bits = bitCount ?? (8L * size);
        Check((ulong)bits <= 255 && (uint)bitOffset <= 255 && (int)encoding <= 15, nameof(bitCount), "An integer's width and bit offset must lie in 0..255.");
        return AddDetailed(BtfKind.Int, name, size, BtfInt.Of(encoding, bitOffset, (int)bits).Word);
    }

    /// <summary>Adds a pointer.</summary>
    public BtfTypeId AddPtr(BtfTypeId target) => Add(BtfKind.Ptr, default, target.Value);

    /// <summary>Adds an array.</summary>
    /// <param name="elementType">The type of an element.</param>
    /// <param name="indexType">The type of the index, an integer.</param>
    /// <param name="length">How many elements.</param>
    public BtfTypeId AddArray(BtfTypeId elementType, BtfTypeId indexType, uint length)
    {
        BtfRecordLayout.WriteArray(Begin(BtfKind.Array, default, 0), new BtfArray(elementType, indexType, length));
        return End();
    }

    /// <summary>Adds a struct.</summary>
    /// <param name="name">Its name; empty where it has none.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="members">
    /// The members. Where one is a bitfield all are encoded with a bitfield size, and offsets must fit into 24 bits.
    /// </param>
    public BtfTypeId AddStruct(BtfString name, uint size, params ReadOnlySpan<BtfMember> members) => AddComposite(BtfKind.Struct, name, size, members);

    /// <summary>Adds a union.</summary>
    /// <inheritdoc cref="AddStruct"/>
    public BtfTypeId AddUnion(BtfString name, uint size, params ReadOnlySpan<BtfMember> members) => AddComposite(BtfKind.Union, name, size, members);

    /// <summary>Adds an enumeration of 32-bit values.</summary>
    /// <param name="name">Its name; empty where it has none.</param>
    /// <param name="size">Bytes of a variable of the type.</param>
    /// <param name="isSigned">Whether the values are signed; kernels before 6.0 reject the mark.</param>
    /// <param name="values">The values, each within 32 bits, signed or unsigned.</param>
    public BtfTypeId AddEnum(BtfString name, uint size, bool isSigned, params ReadOnlySpan<(BtfString Name, long Value)> values)
    {
        foreach ((BtfString _, long value) in values)
            Check(value is >= int.MinValue and <= uint.MaxValue, nameof(values), "A value of an ENUM must fit into 32 bits; use ENUM64.");
        return AddEnumeration(BtfKind.Enum, name, size, isSigned, values);
    }

    /// <summary>Adds an enumeration of 64-bit values (Linux 6.0).</summary>
    /// <param name="name">Its name; empty where it has none.</param>
    /// <param name="size">Bytes of a variable of the type.</param>
    /// <param name="isSigned">Whether the values are signed.</param>
    /// <param name="values">The values; of an unsigned one, the same bits as a signed number.</param>
    public BtfTypeId AddEnum64(BtfString name, uint size, bool isSigned, params ReadOnlySpan<(BtfString Name, long Value)> values) =>
        AddEnumeration(BtfKind.Enum64, name, size, isSigned, values);

    /// <summary>Adds a forward declaration.</summary>
    /// <param name="name">The name of what is declared.</param>
    /// <param name="kind"><see cref="BtfKind.Struct"/> or <see cref="BtfKind.Union"/>.</param>
    public BtfTypeId AddFwd(BtfString name, BtfKind kind = BtfKind.Struct)
    {
        Check(kind is BtfKind.Struct or BtfKind.Union, nameof(kind), "A forward declaration is that of a struct or a union.");
        return Add(BtfKind.Fwd, name, 0, flag: kind == BtfKind.Union);
    }

    /// <summary>Adds a typedef.</summary>
    public BtfTypeId AddTypedef(BtfString name, BtfTypeId target) => Add(BtfKind.Typedef, name, target.Value);

    /// <summary>Adds a <c>volatile</c>.</summary>
    public BtfTypeId AddVolatile(BtfTypeId target) => Add(BtfKind.Volatile, default, target.Value);

    /// <summary>Adds a <c>const</c>.</summary>
    public BtfTypeId AddConst(BtfTypeId target) => Add(BtfKind.Const, default, target.Value);

    /// <summary>Adds a <c>restrict</c>.</summary>
    public BtfTypeId AddRestrict(BtfTypeId target) => Add(BtfKind.Restrict, default, target.Value);

    /// <summary>Adds a function.</summary>
    public BtfTypeId AddFunc(BtfString name, BtfTypeId prototype, BtfLinkage linkage) => Add(BtfKind.Func, name, prototype.Value, (int)linkage);

    /// <summary>Adds a function prototype.</summary>
    /// <param name="returnType">What it returns.</param>
    /// <param name="parameters">The parameters; a last one without name and type stands for "any further".</param>
    public BtfTypeId AddFuncProto(BtfTypeId returnType, params ReadOnlySpan<BtfParameter> parameters)
    {
        Span<uint> record = Begin(BtfKind.FuncProto, default, returnType.Value, parameters.Length);
        for (int i = 0; i < parameters.Length; i++)
            BtfRecordLayout.WriteParameter(record, i, AddString(parameters[i].Name), parameters[i]);
        return End();
    }

    /// <summary>Adds a variable.</summary>
    public BtfTypeId AddVar(BtfString name, BtfTypeId type, BtfLinkage linkage) => AddDetailed(BtfKind.Var, name, type.Value, (uint)linkage);

    /// <summary>Adds a section of variables.</summary>
    /// <param name="name">Its name, for example <c>.bss</c>.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="variables">The variables, by offset.</param>
    public BtfTypeId AddDataSec(BtfString name, uint size, params ReadOnlySpan<BtfSectionVariable> variables)
    {
        Span<uint> record = Begin(BtfKind.DataSec, name, size, variables.Length);
        for (int i = 0; i < variables.Length; i++)
            BtfRecordLayout.WriteVariable(record, i, variables[i]);
        return End();
    }

    /// <summary>Adds a floating-point number of so many bytes (Linux 5.13).</summary>
    public BtfTypeId AddFloat(BtfString name, uint size) => Add(BtfKind.Float, name, size);

    /// <summary>Adds a declaration tag (Linux 5.16).</summary>
    /// <param name="value">The text of the tag.</param>
    /// <param name="target">The struct, union, function, variable or typedef that bears it.</param>
    /// <param name="componentIndex">The index of the member or parameter that bears it, or -1.</param>
    /// <param name="isAttribute">Whether it stands for any attribute rather than for <c>btf_decl_tag</c>.</param>
    public BtfTypeId AddDeclTag(BtfString value, BtfTypeId target, int componentIndex = -1, bool isAttribute = false) =>
        AddDetailed(BtfKind.DeclTag, value, target.Value, (uint)componentIndex, isAttribute);

    /// <summary>Adds a type tag (Linux 5.17).</summary>
    /// <param name="value">The text of the tag.</param>
    /// <param name="target">The type that bears it.</param>
    /// <param name="isAttribute">Whether it stands for any attribute rather than for <c>btf_type_tag</c>.</param>
    public BtfTypeId AddTypeTag(BtfString value, BtfTypeId target, bool isAttribute = false) => Add(BtfKind.TypeTag, value, target.Value, flag: isAttribute);

    /// <summary>Adds a copy of a type of any BTF.</summary>
    /// <param name="type">The type; <c>void</c> gives <c>void</c>.</param>
    /// <param name="mapId">Gives for each id that the type refers to, in its own BTF, the id in this one.</param>
    /// <exception cref="NotSupportedException">The type is of a kind that this library does not know.</exception>
    public BtfTypeId AddCopy(BtfType type, Func<BtfTypeId, BtfTypeId> mapId)
    {
        ArgumentNullException.ThrowIfNull(mapId);
        if (type.IsVoid)
            return BtfTypeId.Void;

        // Apart from the records, since the mapping may well add types.
        uint[] record = Words(type).ToArray();
        BtfRecordLayout.MapNames(record, offset => _strings.Add(type.Spec.GetString(offset).Bytes));
        BtfRecordLayout.MapTypeIds(record, id => mapId(new BtfTypeId(id)).Value);
        record.CopyTo(_records.Draft(record.Length));
        return End();
    }

    /// <summary>Appends copies of all types of a BTF itself; its base must be among the bases of this one, or none.</summary>
    /// <returns>The id that the first of them got; the others follow in their order.</returns>
    /// <exception cref="ArgumentException">The base of the BTF is not a base of this one.</exception>
    /// <exception cref="NotSupportedException">A type is of a kind that this library does not know.</exception>
    public BtfTypeId AddAll(BtfSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        BtfSpec? ancestor = Base;
        while (ancestor is not null && !ReferenceEquals(ancestor, spec.Base))
            ancestor = ancestor.Base;
        if (!ReferenceEquals(ancestor, spec.Base))
            throw new ArgumentException("The base of the BTF is not a base of the one being built.", nameof(spec));

        BtfTypeId first = NextId;
        uint boundary = spec.FirstId.Value;
        uint shift = first.Value - boundary;
        foreach (BtfType type in spec.OwnTypes)
        {
            Span<uint> record = _records[AppendCopy(Words(type))];
            BtfRecordLayout.MapNames(record, offset => _strings.Add(spec.GetString(offset).Bytes));
            BtfRecordLayout.MapTypeIds(record, id => id < boundary ? id : id + shift);
        }

        return first;
    }

    /// <summary>Writes the BTF.</summary>
    /// <exception cref="InvalidOperationException">An id was reserved and never defined.</exception>
    /// <exception cref="BtfFormatException">A type refers to an id that does not exist, or a function to something else than a prototype.</exception>
    public byte[] ToArray(BtfWriteOptions? options = null)
    {
        options ??= new BtfWriteOptions();
        byte[] data = Write(options.Layout);
        BtfSpec spec = BtfSpec.Parse(data, new BtfReadOptions { Base = Base });
        return options.ByteOrder == spec.Header.ByteOrder ? data : BtfByteSwapper.FromNative(data, spec.Header);
    }

    /// <summary>The BTF, ready to be read.</summary>
    /// <param name="source">What to call it in messages.</param>
    /// <inheritdoc cref="ToArray" path="/exception"/>
    public BtfSpec ToSpec(string? source = null) =>
        BtfSpec.Parse(Write(layout: false), new BtfReadOptions { Base = Base, PointerSize = _pointerSize, Source = source });

    /// <summary>Appends a record whose names are offsets into these strings already.</summary>
    internal int AppendCopy(ReadOnlySpan<uint> record)
    {
        record.CopyTo(_records.Draft(record.Length));
        return _records.Append();
    }

    /// <summary>The words of a type's record.</summary>
    internal static ReadOnlySpan<uint> Words(BtfType type) => BtfRecordLayout.TailLength(type.Kind, type.Vlen) >= 0
        ? MemoryMarshal.Cast<byte, uint>(type.RecordBytes)
        : throw new NotSupportedException($"Type {type.Id} is of kind {(int)type.Kind}, of which only the length is known; it can be read over but not copied.");

    private static void Check(bool condition, string argument, string message)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(argument, message);
    }

    private BtfTypeId AddComposite(BtfKind kind, BtfString name, uint size, ReadOnlySpan<BtfMember> members)
    {
        bool hasBitfields = false;
        foreach (BtfMember member in members)
            hasBitfields |= member.BitfieldSize != 0;
        foreach (BtfMember member in members)
        {
            Check(
                !hasBitfields || (member.BitOffset <= BtfRecordLayout.MaxSharedBitOffset && member.BitfieldSize <= byte.MaxValue), nameof(members),
                "Beside a bitfield, bit offsets must fit into 24 bits and bitfield sizes into 8.");
        }

        Span<uint> record = Begin(kind, name, size, members.Length, hasBitfields);
        for (int i = 0; i < members.Length; i++)
            BtfRecordLayout.WriteMember(record, i, AddString(members[i].Name), members[i]);
        return End();
    }

    private BtfTypeId AddEnumeration(BtfKind kind, BtfString name, uint size, bool isSigned, ReadOnlySpan<(BtfString Name, long Value)> values)
    {
        Span<uint> record = Begin(kind, name, size, values.Length, isSigned);
        for (int i = 0; i < values.Length; i++)
            BtfRecordLayout.WriteEnumerator(record, i, AddString(values[i].Name), values[i].Value);
        return End();
    }

    /// <summary>Adds a type of a kind that has one word after its head.</summary>
    private BtfTypeId AddDetailed(BtfKind kind, BtfString name, uint sizeOrType, uint detail, bool flag = false)
    {
        BtfRecordLayout.Word(Begin(kind, name, sizeOrType, flag: flag), BtfRecordLayout.DetailOffset) = detail;
        return End();
    }

    private BtfTypeId Add(BtfKind kind, BtfString name, uint sizeOrType, int vlen = 0, bool flag = false)
    {
        _ = Begin(kind, name, sizeOrType, vlen, flag);
        return End();
    }

    /// <summary>Drafts a record, all of it but what follows its head. Nothing is added before <see cref="End"/>.</summary>
    private Span<uint> Begin(BtfKind kind, BtfString name, uint sizeOrType, int vlen = 0, bool flag = false)
    {
        Check((uint)vlen <= BtfRecordLayout.MaxVlen, nameof(vlen), "A type has at most 16777215 elements.");
        uint info = BtfRecordLayout.Info(kind, vlen, flag);
        Span<uint> record = _records.Draft(BtfRecordLayout.WordCount(info));
        BtfRecordLayout.Word(record, BtfRecordLayout.NameOffset) = AddString(name);
        BtfRecordLayout.Word(record, BtfRecordLayout.InfoOffset) = info;
        BtfRecordLayout.Word(record, BtfRecordLayout.SizeOrTypeOffset) = sizeOrType;
        return record;
    }

    /// <summary>Gives the draft its id.</summary>
    private BtfTypeId End()
    {
        if (!FoldIdenticalTypes)
            return IdAt(_records.Append());

        Span<uint> draft = _records.Draft(BtfRecordLayout.HeadWords);
        draft = _records.Draft(BtfRecordLayout.WordCount(BtfRecordLayout.Word(draft, BtfRecordLayout.InfoOffset)));
        int hash = BtfNameHash.Of(MemoryMarshal.AsBytes(draft));
        if (!_byHash.TryGetValue(hash, out List<int>? bucket))
            _byHash.Add(hash, bucket = []);
        foreach (int index in bucket)
        {
            if (index < _records.Count && _records.IsDefined(index) && _records[index].SequenceEqual(draft))
                return IdAt(index);
        }

        bucket.Add(_records.Append());
        return IdAt(bucket[bucket.Count - 1]);
    }

    private int IndexOf(BtfTypeId id, string argument) => id.Value >= _firstId && id.Value < NextId.Value
        ? (int)(id.Value - _firstId)
        : throw new ArgumentOutOfRangeException(argument, $"Type {id} is not one of those from {new BtfTypeId(_firstId)} up to, not including, {NextId}.");

    private BtfTypeId IdAt(int index) => new(_firstId + (uint)index);

    private byte[] Write(bool layout)
    {
        if (_records.FindUndefined() is >= 0 and var undefined)
            throw new InvalidOperationException($"Type {IdAt(undefined)} was reserved and never defined.");
        long typeLength = 4 * _records.TotalWords();
        int layoutLength = layout ? BtfLayout.SectionLength : 0;
        int headerLength = layout ? BtfHeader.LongLength : BtfHeader.ShortLength;
        long total = headerLength + typeLength + layoutLength + _strings.Length;
        if (total > int.MaxValue)
            throw new InvalidOperationException("The BTF exceeds 2 GiB.");

        byte[] data = new byte[total];
        Span<byte> body = data.AsSpan(headerLength);
        _records.CopyTo(MemoryMarshal.Cast<byte, uint>(body.Slice(0, (int)typeLength)));
        if (layout)
            BtfLayout.WriteSection(body.Slice((int)typeLength, layoutLength));
        _strings.Section.CopyTo(body.Slice((int)typeLength + layoutLength));
        BtfHeader.Write(data, headerLength, (uint)typeLength, (uint)layoutLength, (uint)_strings.Length);
        return data;
    }
}

/// <summary>How to write a BTF.</summary>
public sealed class BtfWriteOptions
{
    /// <summary>The byte order of the output; this machine's unless set.</summary>
    public BtfByteOrder ByteOrder { get; init; } = BitConverter.IsLittleEndian ? BtfByteOrder.LittleEndian : BtfByteOrder.BigEndian;

    /// <summary>
    /// Whether to write a layout section, which tells readers the record lengths of kinds that they do not know. It takes a header
    /// of 32 bytes, which kernels before 7.1 reject.
    /// </summary>
    public bool Layout { get; init; }
}
