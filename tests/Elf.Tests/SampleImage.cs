using System.IO.Compression;

namespace P3Ebpf.Elf.Tests;

/// <summary>An image that has one of everything, with values chosen so that no two fields agree.</summary>
internal static class SampleImage
{
    public const long LoadAddress = 0x40000;
    public const string DebugText = "debug information, debug information, debug information";

    public static TheoryData<ElfClass, ElfByteOrder> Encodings { get; } = new()
    {
        { ElfClass.Elf64, ElfByteOrder.LittleEndian },
        { ElfClass.Elf64, ElfByteOrder.BigEndian },
        { ElfClass.Elf32, ElfByteOrder.LittleEndian },
        { ElfClass.Elf32, ElfByteOrder.BigEndian },
    };

    public static byte[] Build(ElfClass @class, ElfByteOrder byteOrder, bool extendedNumbering = false, bool withoutSectionHeaders = false)
    {
        var builder = new ElfBuilder(@class, byteOrder) { ExtendedNumbering = extendedNumbering, WithoutSectionHeaders = withoutSectionHeaders };
        int word = builder.Writer().WordSize;
        int text = builder.Add(new()
        {
            Name = ".text", Type = ElfSectionType.ProgramBits, Flags = ElfSectionFlags.Alloc | ElfSectionFlags.ExecInstr,
            Address = 0x1000, Data = [1, 2, 3, 4, 5, 6, 7, 8], Alignment = 16,
        });
        builder.Add(new() { Name = ".bss", Type = ElfSectionType.NoBits, Size = 0x7000 });
        AddSymbols(builder, text);
        AddRelocations(builder, text, word);
        AddNotes(builder);
        AddDebug(builder, @class);
        int interpreter = builder.Add(new() { Name = ".interp", Type = ElfSectionType.ProgramBits, Data = [.. "/lib/ld.so.1\0"u8] });
        builder.AddSegment(ElfSegmentType.Interp, interpreter, 0x2000);
        AddDynamic(builder);
        return builder.Build();
    }

    /// <summary>The address of a byte of the file.</summary>
    private static long AddressOf(ElfBuilder.Section section) => LoadAddress + section.Offset;

    private static void AddSymbols(ElfBuilder builder, int text)
    {
        var strings = new StringTableBuilder();
        ByteWriter symbols = builder.Writer();
        ByteWriter indices = builder.Writer();
        Symbol("", 0, 0, 0, 0, 0, 0);
        Symbol("local_fn", 0x10, 0x20, 0x02, 0, text, 0);
        Symbol("weak_data", 0x30, 0x40, 0x21, 2, 0xffff, text);
        Symbol("absolute", 0x50, 0, 0x10, 3, (int)ElfSectionIndex.Absolute, 0);
        Symbol("common", 8, 0x60, 0x15, 0, (int)ElfSectionIndex.Common, 0);
        Symbol("größe", 0, 0, 0x10, 0, 0, 0);

        int names = builder.Add(new() { Name = ".strtab", Type = ElfSectionType.StringTable, Data = strings.ToArray() });
        int table = builder.Add(new() { Name = ".symtab", Type = ElfSectionType.SymbolTable, Data = symbols.ToArray(), Link = names, EntrySize = 8 + 2 * symbols.WordSize });
        builder.Add(new() { Name = ".symtab_shndx", Type = ElfSectionType.SymbolTableSectionIndices, Data = indices.ToArray(), Link = table, EntrySize = 4 });

        void Symbol(string name, long value, long size, int info, int other, int section, int extended)
        {
            symbols.UInt32(name.Length == 0 ? 0 : strings.Add(name));
            if (symbols.WordSize == 8)
                symbols.Byte(info).Byte(other).UInt16(section).Word(value).Word(size);
            else
                symbols.Word(value).Word(size).Byte(info).Byte(other).UInt16(section);
            indices.UInt32(extended);
        }
    }

    private static void AddRelocations(ElfBuilder builder, int text, int word)
    {
        ByteWriter rel = builder.Writer().Word(0x18).Word(Info(2, 10)).Word(0x28).Word(Info(1, 1));
        ByteWriter rela = builder.Writer().Word(0x38).Word(Info(3, 0x4c)).Word(-5);
        builder.Add(new() { Name = ".rel.text", Type = ElfSectionType.Rel, Flags = ElfSectionFlags.InfoLink, Data = rel.ToArray(), Link = 4, Info = text, EntrySize = 2 * word });
        builder.Add(new() { Name = ".rela.text", Type = ElfSectionType.Rela, Data = rela.ToArray(), Link = 4, Info = text, EntrySize = 3 * word });

        long Info(long symbol, long type) => word == 8 ? symbol << 32 | type : symbol << 8 | type;
    }

    private static void AddNotes(ElfBuilder builder)
    {
        ByteWriter notes = builder.Writer()
            .UInt32(5).UInt32(3).UInt32(7).Text("abcd\0").Align(4).Bytes([1, 2, 3]).Align(4)
            .UInt32(4).UInt32(4).UInt32(3).Text("GNU\0").Bytes([0xde, 0xad, 0xbe, 0xef])
            .UInt32(0).UInt32(0).UInt32(9);
        ByteWriter wide = builder.Writer().UInt32(4).UInt32(8).UInt32(5).Text("GNU\0").Bytes([1, 2, 3, 4, 5, 6, 7, 8]);
        builder.Add(new() { Name = ".note", Type = ElfSectionType.Note, Data = notes.ToArray(), Alignment = 4 });
        int section = builder.Add(new() { Name = ".note.property", Type = ElfSectionType.Note, Data = wide.ToArray(), Alignment = 8 });
        builder.AddSegment(ElfSegmentType.Note, section - 1, 0x3000);
    }

    private static void AddDebug(ElfBuilder builder, ElfClass @class)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(System.Text.Encoding.UTF8.GetBytes(DebugText));
        ByteWriter data = builder.Writer().UInt32(1);
        if (@class == ElfClass.Elf64)
            data.UInt32(0);
        data.Word(DebugText.Length).Word(1).Bytes(compressed.ToArray());
        builder.Add(new() { Name = ".debug_info", Type = ElfSectionType.ProgramBits, Flags = ElfSectionFlags.Compressed, Data = data.ToArray() });
    }

    private static void AddDynamic(ElfBuilder builder)
    {
        var names = new StringTableBuilder();
        int first = names.Add("libfirst.so.1"), second = names.Add("libsecond.so"), own = names.Add("libown.so.3");
        int rpath = names.Add("/r"), runpath = names.Add("$ORIGIN/x");
        int v1 = names.Add("OWN_1.0"), v2 = names.Add("OWN_1.5.0"), need = names.Add("FIRST_2.1"), weak = names.Add("FIRST_2.2"), other = names.Add("SECOND_9");

        var strings = new ElfBuilder.Section { Name = ".dynstr", Type = ElfSectionType.StringTable, Data = names.ToArray() };
        int stringsIndex = builder.Add(strings);
        // Two names each in the last definition (the second is its parent), and two versions of the first library.
        var definitions = new ElfBuilder.Section
        {
            Name = ".gnu.version_d", Type = ElfSectionType.GnuVersionDefinitions, Link = stringsIndex, Info = 3,
            Data = builder.Writer()
                .UInt16(1).UInt16(1).UInt16(1).UInt16(1).UInt32(0).UInt32(20).UInt32(28).UInt32(own).UInt32(0)
                .UInt16(1).UInt16(0).UInt16(2).UInt16(1).UInt32(0).UInt32(20).UInt32(28).UInt32(v1).UInt32(0)
                .UInt16(1).UInt16(0).UInt16(3).UInt16(2).UInt32(0).UInt32(20).UInt32(0).UInt32(v2).UInt32(8).UInt32(v1).UInt32(0)
                .ToArray(),
        };
        builder.Add(definitions);
        var needs = new ElfBuilder.Section
        {
            Name = ".gnu.version_r", Type = ElfSectionType.GnuVersionNeeds, Link = stringsIndex, Info = 2,
            Data = builder.Writer()
                .UInt16(1).UInt16(2).UInt32(first).UInt32(16).UInt32(48)
                .UInt32(0).UInt16(0).UInt16(4).UInt32(need).UInt32(16)
                .UInt32(0).UInt16(2).UInt16(5).UInt32(weak).UInt32(0)
                .UInt16(1).UInt16(1).UInt32(second).UInt32(16).UInt32(0)
                .UInt32(0).UInt16(0).UInt16(6).UInt32(other).UInt32(0)
                .ToArray(),
        };
        int needsIndex = builder.Add(needs);

        var dynamic = new ElfBuilder.Section { Name = ".dynamic", Type = ElfSectionType.Dynamic, Link = stringsIndex, EntrySize = 2 * builder.Writer().WordSize };
        int dynamicIndex = builder.Add(dynamic);
        builder.AddSegment(ElfSegmentType.Load, needsIndex, LoadAddress);
        builder.AddSegment(ElfSegmentType.Dynamic, dynamicIndex, 0x5000);
        // Its own size does not move the sections before it, which it points at.
        builder.Place();
        dynamic.Data = Entries();

        byte[] Entries()
        {
            ByteWriter entries = builder.Writer().Word(1).Word(first).Word(1).Word(second).Word(14).Word(own).Word(15).Word(rpath).Word(29).Word(runpath);
            entries.Word(5).Word(AddressOf(strings)).Word(10).Word(strings.Data.Length);
            entries.Word((long)ElfDynamicTag.VerDef).Word(AddressOf(definitions)).Word((long)ElfDynamicTag.VerNeed).Word(AddressOf(needs));
            return entries.Word(0).Word(0).Word(1).Word(0xffff).ToArray();
        }
    }
}
