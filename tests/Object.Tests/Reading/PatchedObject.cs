using System.Buffers.Binary;

namespace P3Ebpf.Object.Tests;

/// <summary>A sound object, to be changed in one place: what the compiler would never write.</summary>
internal sealed class PatchedObject : IDisposable
{
    private const int SymbolLength = 24, RelocationLength = 16, SectionLength = 64;

    private readonly byte[] _bytes;
    private readonly ElfFile _elf;

    public PatchedObject(string name)
    {
        _bytes = ObjectFile.Bytes(name);
        _elf = ElfFile.Parse(_bytes.ToArray());
    }

    public ElfSection Section(string name) => _elf.TryGetSection(name, out ElfSection section) ? section : throw new ArgumentException(name);

    /// <summary>What a named symbol says; <see langword="null"/> leaves as it is.</summary>
    public PatchedObject Symbol(string name, ulong? value = null, ulong? size = null, ushort? section = null, byte? info = null, ElfSymbolVisibility? visibility = null)
    {
        ElfSection table = Section(".symtab");
        int at = (int)table.Offset + (table.ReadSymbols().Single(symbol => symbol.Name == name).Index * SymbolLength);
        if (info is { } theInfo)
            _bytes[at + 4] = theInfo;
        if (visibility is { } theVisibility)
            _bytes[at + 5] = (byte)theVisibility;
        if (section is { } theSection)
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at + 6), theSection);
        if (value is { } theValue)
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at + 8), theValue);
        if (size is { } theSize)
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at + 16), theSize);
        return this;
    }

    /// <summary>The first relocation of a section, or the one whose symbol has a name.</summary>
    public PatchedObject Relocation(string section, string? of = null, ulong? offset = null, uint? symbol = null)
    {
        ElfSymbolTable symbols = Section(".symtab").ReadSymbols();
        ElfSection table = Section(section);
        ElfRelocation[] relocations = [.. table.ReadRelocations()];
        int index = of is null ? 0 : System.Array.FindIndex(relocations, relocation => symbols.TryGet(relocation.SymbolIndex, out ElfSymbol named) && named.Name == of);
        int at = (int)table.Offset + (index * RelocationLength);
        if (offset is { } theOffset)
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at), theOffset);
        if (symbol is { } theSymbol)
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at + 12), theSymbol);
        return this;
    }

    /// <summary>The header of a section: its type, its size.</summary>
    public PatchedObject Header(string name, uint? type = null, ulong? size = null)
    {
        int at = (int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(40)) + (Section(name).Index * SectionLength);
        if (type is { } theType)
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at + 4), theType);
        if (size is { } theSize)
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at + 32), theSize);
        return this;
    }

    public PatchedObject Bytes(string section, int at, params byte[] bytes)
    {
        bytes.CopyTo(_bytes, (int)Section(section).Offset + at);
        return this;
    }

    /// <summary>The file's own header.</summary>
    public PatchedObject FileHeader(int at, params byte[] bytes)
    {
        bytes.CopyTo(_bytes, at);
        return this;
    }

    public BpfObjectSpec Read()
    {
        using (this)
            return BpfObjectSpec.Parse(_bytes, "patched");
    }

    public ElfFile ToElf() => ElfFile.Parse(_bytes);

    public byte[] ToArray()
    {
        using (this)
            return _bytes;
    }

    public void Dispose() => _elf.Dispose();
}
