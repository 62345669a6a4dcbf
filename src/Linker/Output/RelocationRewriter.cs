using System.Buffers.Binary;
using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>A relocation of the result.</summary>
/// <param name="Offset">Bytes from the start of the section that it changes.</param>
/// <param name="Type">How.</param>
/// <param name="Symbol">What is referred to.</param>
internal readonly record struct LinkedRelocation(long Offset, BpfRelocationType Type, LinkedSymbol Symbol);

/// <summary>
/// Moves relocations with what they change. Where one refers to a section, the place within it stands in the code or data, and moves too.
/// </summary>
/// <remarks>Rules: <c>linker_append_elf_relos</c> of libbpf.</remarks>
internal sealed class RelocationRewriter(SectionLayout sections, SymbolResolution symbols)
{
    private const byte LoadImmediate64 = 0x18;
    private const byte Call = 0x85;
    private const int ImmediateAt = 4;

    private readonly Dictionary<LinkedSection, List<LinkedRelocation>> _relocations = [];

    /// <summary>The relocations of a section of the result.</summary>
    public IReadOnlyList<LinkedRelocation> Of(LinkedSection section) => _relocations.TryGetValue(section, out List<LinkedRelocation>? relocations) ? relocations : [];

    public void Rewrite(LinkInput input)
    {
        foreach ((LinkSection target, ElfRelocation[] relocations) in input.Relocations)
        {
            SectionPlace place = sections[target];
            if (place.IsRepeated)
                continue;
            if (!_relocations.TryGetValue(place.Section, out List<LinkedRelocation>? all))
                _relocations.Add(place.Section, all = []);
            foreach (ElfRelocation relocation in relocations)
            {
                LinkSymbol symbol = input.Symbols[(int)relocation.SymbolIndex];
                LinkedSymbol linked = symbols.Of(input, relocation.SymbolIndex)
                    ?? throw input.Failure(
                        BpfLinkErrorCode.Unsupported, $"a relocation refers to '{symbol.Name}', which is in a section that does not go into the result", target.Name, (long)relocation.Offset);
                long offset = place.Offset + (long)relocation.Offset;
                var type = (BpfRelocationType)relocation.Type;
                if (symbol.Type == ElfSymbolType.Section && input.SectionAt(symbol.SectionIndex) is { } home)
                    Move(input, target, relocation, place.Section.Data.AsSpan((int)offset), type, sections[home].Offset);
                all.Add(new LinkedRelocation(offset, type, linked));
            }
        }

        MoveJumpTables(input);
    }

    /// <summary>
    /// The entries of a jump table count from the start of the section of code that jumps by it, which is seen only from the code. Compilers before
    /// LLVM 22 left relocations with the entries; those have been moved with them. libbpf moves neither.
    /// </summary>
    private void MoveJumpTables(LinkInput input)
    {
        HashSet<long> moved = [.. input.Relocations.Where(part => part.Target.Name == LinkSection.JumpTables).SelectMany(part => part.Relocations).Select(relocation => (long)relocation.Offset)];
        foreach ((LinkSection target, ElfRelocation[] relocations) in input.Relocations.Where(part => part.Target.IsCode))
        {
            foreach (ElfRelocation relocation in relocations)
            {
                LinkSymbol symbol = input.Symbols[(int)relocation.SymbolIndex];
                if (symbol.Type == ElfSymbolType.Section || input.SectionAt(symbol.SectionIndex) is not { Name: LinkSection.JumpTables } tables)
                    continue;
                if (symbol.Size > tables.Size - symbol.Value || symbol.Size % sizeof(ulong) != 0)
                    throw input.Failure(BpfLinkErrorCode.Malformed, $"the jump table '{symbol.Name}' of {symbol.Size} bytes is no run of 8-byte entries", tables.Name, symbol.Value);
                SectionPlace place = sections[tables];
                for (long entry = symbol.Value; entry < symbol.Value + symbol.Size; entry += sizeof(ulong))
                {
                    // Several loads may refer to one table.
                    if (moved.Add(entry))
                        MoveAddress(input, place.Section.Data.AsSpan((int)(place.Offset + entry)), sections[target].Offset);
                }
            }
        }
    }

    private static void MoveAddress(LinkInput input, Span<byte> at, long distance)
    {
        if (input.IsLittleEndian)
            BinaryPrimitives.WriteUInt64LittleEndian(at, BinaryPrimitives.ReadUInt64LittleEndian(at) + (ulong)distance);
        else
            BinaryPrimitives.WriteUInt64BigEndian(at, BinaryPrimitives.ReadUInt64BigEndian(at) + (ulong)distance);
    }

    private static void Move(LinkInput input, LinkSection target, ElfRelocation relocation, Span<byte> at, BpfRelocationType type, long distance)
    {
        if (type is BpfRelocationType.Address64 || (type is BpfRelocationType.Load64 && !target.IsCode))
        {
            MoveAddress(input, at, distance);
            return;
        }

        if (target.IsCode)
        {
            // A call counts instructions, a load bytes.
            distance = at[0] switch
            {
                Call => distance / LinkSection.InstructionLength,
                LoadImmediate64 => distance,
                _ => throw input.Failure(
                    BpfLinkErrorCode.Malformed, $"a relocation belongs to an instruction that is neither a call nor a 64-bit load (code 0x{at[0]:x2})", target.Name, (long)relocation.Offset),
            };
            at = at[ImmediateAt..];
        }

        long moved = distance + (input.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(at) : BinaryPrimitives.ReadInt32BigEndian(at));
        if (moved is < int.MinValue or > int.MaxValue)
            throw input.Failure(BpfLinkErrorCode.TooLarge, "a place in a section grows beyond 2 GiB", target.Name, (long)relocation.Offset);
        if (input.IsLittleEndian)
            BinaryPrimitives.WriteInt32LittleEndian(at, (int)moved);
        else
            BinaryPrimitives.WriteInt32BigEndian(at, (int)moved);
    }
}
