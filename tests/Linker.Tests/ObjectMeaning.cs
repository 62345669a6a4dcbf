using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace P3Ebpf.Linker.Tests;

/// <summary>
/// What an object says, in lines of text that do not depend on how it says it: the order of sections, symbols and types, their numbers,
/// and whether a relocation goes by a symbol or by its section. Objects of equal lines behave alike.
/// </summary>
internal static class ObjectMeaning
{
    private const int MaxDepth = 6;

    /// <summary>What one object says and the other does not, with how often.</summary>
    /// <param name="left">One object.</param>
    /// <param name="right">The other.</param>
    /// <param name="forgive">Takes out of a line what does not matter.</param>
    public static string[] Differences(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right, Func<string, string>? forgive = null)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach ((ReadOnlyMemory<byte> data, int step) in new[] { (left, 1), (right, -1) })
        {
            foreach (string line in Of(data))
            {
                string said = forgive is null ? line : forgive(line);
                counts[said] = counts.GetValueOrDefault(said) + step;
            }
        }

        return [.. counts.Where(c => c.Value != 0).Select(c => $"{c.Value:+0;-0} {c.Key}")];
    }

    public static string[] Of(ReadOnlyMemory<byte> data)
    {
        using ElfFile elf = ElfFile.Parse(data);
        List<string> lines = [$"object {elf.Header.ByteOrder} {elf.Header.Machine} {elf.Header.Type}"];
        ElfSymbolTable symbols = LinkFiles.SymbolsOf(elf);
        bool little = elf.Header.ByteOrder == ElfByteOrder.LittleEndian;
        Dictionary<int, byte[]> contents = [];
        foreach (ElfSection section in elf.Sections)
        {
            if (!IsContent(section))
                continue;
            lines.Add($"section {section.Name} {section.Type} {section.Flags} align {section.Alignment} size {section.Size} entries {section.EntrySize}");
            contents.Add(section.Index, section.ReadData().ToArray());
        }

        foreach (ElfSection section in elf.Sections)
        {
            if (section.Type == ElfSectionType.Rel && contents.TryGetValue((int)section.Info, out byte[]? content))
                lines.AddRange(section.ReadRelocations().Select(relocation => Describe(elf.Sections[(int)section.Info], content, symbols, relocation, little)));
        }

        foreach ((int index, byte[] content) in contents)
            lines.Add($"content of {elf.Sections[index].Name}: {Convert.ToHexString(content)}");
        lines.AddRange(symbols.Skip(1).Select(Describe));
        if (elf.TryGetSection(".BTF", out ElfSection btfSection))
        {
            var btf = BtfSpec.Parse(btfSection.ReadData(), new BtfReadOptions { PointerSize = 8 });
            lines.AddRange(Describe(btf));
            if (elf.TryGetSection(".BTF.ext", out ElfSection ext))
                lines.AddRange(Describe(btf, BtfExt.Parse(ext.ReadData(), btf)));
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>For objects whose parts lie at other places.</summary>
    public static string WithoutPlaces(string line) => line.StartsWith("content", StringComparison.Ordinal)
        ? string.Empty
        : Regex.Replace(line.StartsWith("section", StringComparison.Ordinal) || line.StartsWith("types of", StringComparison.Ordinal) ? Regex.Replace(line, "size [0-9]+", "size") : line, @"\+[0-9]+", "+");

    /// <summary>bpftool leaves a variable in BTF where its first declaration was, namely nowhere; the symbol tells.</summary>
    public static string WithoutPlacesOfVariables(string line) => line.StartsWith("variable", StringComparison.Ordinal) ? WithoutPlaces(line) : line;

    private static bool IsContent(ElfSection section) =>
        section.Type is ElfSectionType.ProgramBits or ElfSectionType.NoBits && section.Name is not (".BTF" or ".BTF.ext") && (section.Name != ".text" || section.Size != 0)
        && !section.Name.StartsWith(".debug", StringComparison.Ordinal);

    /// <summary>Where a relocation leads, the number in the code or data taken into account, which is cleared.</summary>
    private static string Describe(ElfSection section, byte[] content, ElfSymbolTable symbols, ElfRelocation relocation, bool little)
    {
        ElfSymbol symbol = symbols[(int)relocation.SymbolIndex];
        int at = (int)relocation.Offset;
        bool isCode = (section.Flags & ElfSectionFlags.ExecInstr) != 0;
        bool isCall = isCode && content[at] == 0x85;
        Span<byte> field = content.AsSpan(isCode ? at + 4 : at, isCode ? 4 : 8);
        long addend = isCode
            ? little ? BinaryPrimitives.ReadInt32LittleEndian(field) : BinaryPrimitives.ReadInt32BigEndian(field)
            : little ? BinaryPrimitives.ReadInt64LittleEndian(field) : BinaryPrimitives.ReadInt64BigEndian(field);
        field.Clear();
        addend = isCall ? (addend + 1) * 8 : addend;
        string target = symbol.TryGetSection(out ElfSection home) ? $"{home.Name}+{(long)symbol.Value + addend}" : $"{symbol.Name}+{addend}";
        return $"relocation {section.Name}+{relocation.Offset} type {relocation.Type} -> {target}";
    }

    /// <summary>Whether a definition is weak does not matter once there is only one.</summary>
    private static string Describe(ElfSymbol symbol)
    {
        string binding = symbol.Binding == ElfSymbolBinding.Local || symbol.IsUndefined ? symbol.Binding.ToString() : "defined";
        string home = symbol.TryGetSection(out ElfSection section) ? section.Name : symbol.IsUndefined ? "nowhere" : "absolute";
        return $"symbol '{(symbol.Type == ElfSymbolType.Section ? string.Empty : symbol.Name)}' {symbol.Type} {binding} {symbol.Visibility} {home}+{symbol.Value} size {symbol.Size}";
    }

    private static IEnumerable<string> Describe(BtfSpec btf)
    {
        foreach (BtfType type in btf.OwnTypes)
        {
            if (type.Kind == BtfKind.DataSec)
            {
                yield return $"types of {type.Name} size {type.Size} variables {type.SectionVariables.Count}";
                foreach (BtfSectionVariable entry in Entries(type))
                    yield return $"variable in {type.Name}+{entry.Offset} size {entry.Size}: {Text(btf, entry.TypeId, 0)}";
            }
            else if (type.Kind is not (BtfKind.FuncProto or BtfKind.Var))
            {
                yield return $"type {Text(btf, type.Id, 0)}";
            }
        }
    }

    private static IEnumerable<string> Describe(BtfSpec btf, BtfExt ext)
    {
        foreach (BtfExtSection<BtfFuncInfo> section in ext.FuncInfo.Sections)
            for (int i = 0; i < section.Count; i++)
                yield return $"function at {section.SectionName}+{section[i].InstructionOffset}: {Text(btf, section[i].TypeId, 0)}";
        foreach (BtfExtSection<BtfLineInfo> section in ext.LineInfo.Sections)
            for (int i = 0; i < section.Count; i++)
                yield return $"line of {section.SectionName}+{section[i].InstructionOffset}: {btf.GetString(section[i].FileNameOffset)}:{section[i].LineAndColumn} {btf.GetString(section[i].LineOffset)}";
        foreach (BtfExtSection<CoreRelocationRecord> section in ext.CoreRelocations.Sections)
            for (int i = 0; i < section.Count; i++)
                yield return $"CO-RE of {section.SectionName}+{section[i].InstructionOffset}: {section[i].Kind} {Text(btf, section[i].TypeId, 0)} {btf.GetString(section[i].AccessStringOffset)}";
    }

    private static IEnumerable<BtfSectionVariable> Entries(BtfType section)
    {
        for (int i = 0; i < section.SectionVariables.Count; i++)
            yield return section.SectionVariables[i];
    }

    /// <summary>A type with what it refers to, some levels deep.</summary>
    private static string Text(BtfSpec btf, BtfTypeId id, int depth)
    {
        BtfType type = btf[id];
        if (type.IsVoid)
            return "void";
        string name = $"{BtfKindNames.Tag(type.Kind)} {type.Name}";
        if (depth == MaxDepth)
            return name;
        string Next(BtfTypeId target) => Text(btf, target, depth + 1);
        return type.Kind switch
        {
            BtfKind.Int => $"{name}:{type.Size}:{type.Int.Encoding}",
            BtfKind.Float or BtfKind.Fwd => $"{name}:{type.Size}:{type.KindFlag}",
            BtfKind.Array => $"{Next(type.Array.ElementTypeId)}[{type.Array.Length}]",
            BtfKind.Struct or BtfKind.Union => $"{name}:{type.Size} {{{string.Join("; ", Members(type).Select(m => $"{m.Name}@{m.BitOffset}:{m.BitfieldSize} {Next(m.TypeId)}"))}}}",
            BtfKind.Enum or BtfKind.Enum64 => $"{name}:{type.Size}:{type.Enumerators.Count}",
            BtfKind.FuncProto => $"({string.Join(", ", Parameters(type).Select(p => $"{p.Name} {Next(p.TypeId)}"))}) {Next(type.TargetId)}",
            BtfKind.Func or BtfKind.Var => $"{name} {type.Linkage} {Next(type.TargetId)}",
            BtfKind.DeclTag => $"{name}@{type.ComponentIndex} {Next(type.TargetId)}",
            BtfKind.DataSec => name,
            _ => $"{name} {Next(type.TargetId)}",
        };
    }

    private static IEnumerable<BtfMember> Members(BtfType type)
    {
        for (int i = 0; i < type.Members.Count; i++)
            yield return type.Members[i];
    }

    private static IEnumerable<BtfParameter> Parameters(BtfType type)
    {
        for (int i = 0; i < type.Parameters.Count; i++)
            yield return type.Parameters[i];
    }
}
