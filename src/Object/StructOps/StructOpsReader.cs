namespace P3Ebpf.Object;

/// <summary>
/// Reads the structs of callbacks that the <c>.struct_ops</c> sections define: each variable becomes a map, and the relocations say which
/// programs its members are. Rules: libbpf's <c>init_struct_ops_maps</c> and <c>bpf_object__collect_st_ops_relos</c>.
/// </summary>
internal sealed class StructOpsReader(string file, BtfSpec btf)
{
    /// <summary>More than any kernel's structs have in all; many variables of one large type would take unbounded memory.</summary>
    private const int MaxMembers = 1 << 16;

    /// <summary>By section and byte.</summary>
    private readonly Dictionary<(int Section, long Offset), (BpfMapSpec Map, BpfStructOpsMemberSpec Member)> _callbacks = [];
    private int _members;

    /// <summary>Whether a section holds structs of callbacks.</summary>
    public static bool IsStructOps(ElfSection section) =>
        section.Type == ElfSectionType.ProgramBits && section.Size > 0 && KindOf(section.Name) is BpfObjectSections.StructOps or BpfObjectSections.StructOpsLink;

    /// <summary>The maps of one section, in the order of its variables.</summary>
    /// <param name="section">A section that <see cref="IsStructOps"/>.</param>
    /// <param name="symbols">The variables of the section.</param>
    public IReadOnlyList<BpfMapSpec> Read(ElfSection section, IReadOnlyDictionary<string, ElfSymbol> symbols)
    {
        string name = section.Name;
        if (!btf.TryFind(name, BtfKind.DataSec, out BtfType dataSec))
            throw Failure(name, "BTF does not describe it", hint: "Compile with -g.");
        List<BpfMapSpec> maps = [];
        ReadOnlyMemory<byte> data = section.ReadData();
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType variable = btf[entry.TypeId];
            if (variable.Kind != BtfKind.Var)
                throw Failure(name, $"its BTF lists {variable}, which is no variable");
            string variableName = variable.Name.ToString();
            ulong offset = symbols.TryGetValue(variableName, out ElfSymbol symbol) ? symbol.Value : entry.Offset;
            BtfType type = btf.ResolveModifiers(variable.TargetId);
            long place = (long)Math.Min(offset, long.MaxValue);
            if (type.Kind != BtfKind.Struct || type.Name.IsEmpty)
                throw Failure(name, $"variable '{variableName}' is {type}, not a named struct of callbacks", place);
            if (type.Size == 0 || offset > (ulong)data.Length || type.Size > (ulong)data.Length - offset)
                throw Failure(name, $"variable '{variableName}' of {type.Size} bytes lies outside the section of {data.Length}", place);
            BpfMapSpec map = MapOf(name, variableName, type, data.Slice((int)offset, (int)type.Size).ToArray());
            maps.Add(map);
            foreach (BpfStructOpsMemberSpec member in map.StructOps!.Members.Where(member => member.IsCallback))
                _ = _callbacks.TryAdd((section.Index, place + member.Offset), (map, member));
        }

        return maps;
    }

    /// <summary>Puts programs where the relocations of a section say.</summary>
    public void ReadPrograms(ElfSection section, ElfRelocationTable relocations, ElfSymbolTable symbols, BpfFunctionTable functions, IEnumerable<BpfProgramSpec> programs)
    {
        string name = section.Name;
        Dictionary<BpfFunction, BpfProgramSpec> byFunction = programs.ToDictionary(program => program.Function);
        foreach (ElfRelocation relocation in relocations)
        {
            long place = (long)Math.Min(relocation.Offset, long.MaxValue);
            if (!_callbacks.TryGetValue((section.Index, place), out (BpfMapSpec Map, BpfStructOpsMemberSpec Member) callback))
                throw Failure(name, "the relocation fills no callback of a struct", place);
            (BpfMapSpec map, BpfStructOpsMemberSpec member) = callback;
            if (!symbols.TryGet(relocation.SymbolIndex, out ElfSymbol symbol))
                throw Failure(name, $"the relocation refers to symbol {relocation.SymbolIndex}, which does not exist", place);

            BpfFunction? function = symbol.SectionIndex < ElfSectionIndex.LowReserve && symbol.Value % BpfInstruction.Length == 0
                ? functions.FindStart((int)symbol.SectionIndex, (long)(symbol.Value / BpfInstruction.Length))
                : null;
            if (function is null || !byFunction.TryGetValue(function, out BpfProgramSpec? program))
                throw Failure(name, $"member '{member.Name}' of '{map.Name}' is '{symbol.Name}', which is no program", place, "Put the function into SEC(\"struct_ops\") and make it global.");
            if (program.Type != BpfProgramType.StructOps)
                throw Failure(name, $"member '{member.Name}' of '{map.Name}' is '{program.Name}' in SEC(\"{program.SectionName}\")", place, "Put the function into SEC(\"struct_ops\").");
            member.DeclaredProgram = program;
        }
    }

    /// <summary>The name of a section without the mark of optional ones.</summary>
    private static string KindOf(string section) => section.StartsWith('?') ? section[1..] : section;

    private BpfMapSpec MapOf(string section, string name, BtfType type, byte[] value)
    {
        bool isOptional = section[0] == '?';
        _members += type.Members.Count + 1;
        if (_members > MaxMembers)
            throw Failure(section, $"its structs have more than {MaxMembers} members", hint: "It is damaged; compile it again.");
        return new BpfMapSpec(name)
        {
            Type = BpfMapType.StructOps,
            KeySize = sizeof(uint),
            ValueSize = value.Length,
            MaxEntries = 1,
            Flags = KindOf(section) == BpfObjectSections.StructOpsLink ? BpfMapFlags.Link : BpfMapFlags.None,
            IsAutoCreated = !isOptional,
            Data = new Lazy<byte[]>(() => value),
            StructOps = new BpfStructOpsSpec(name, type, value, MembersOf(section, type)),
        };
    }

    private IEnumerable<BpfStructOpsMemberSpec> MembersOf(string section, BtfType type)
    {
        foreach (BtfMember member in type.Members)
        {
            uint size = btf.SizeOf(member.TypeId);
            BtfType resolved = btf.ResolveModifiers(member.TypeId);
            uint offset = member.BitOffset / 8;
            bool isBitfield = member.BitfieldSize > 0 || member.BitOffset % 8 != 0;
            if (isBitfield && offset <= type.Size)
                size = Math.Min(size, type.Size - offset);
            if (size > type.Size || offset > type.Size - size)
                throw Failure(section, $"member '{member.Name}' of struct {type.Name} lies outside the struct's {type.Size} bytes", hint: "It is damaged; compile it again.");
            yield return new BpfStructOpsMemberSpec
            {
                Name = member.Name.ToString(),
                BtfTypeId = resolved.Id.Value,
                Kind = resolved.Kind,
                Offset = (int)offset,
                Size = (int)size,
                IsBitfield = isBitfield,
                IsCallback = resolved.Kind == BtfKind.Ptr && !isBitfield && btf.ResolveModifiers(resolved.TargetId).Kind == BtfKind.FuncProto,
            };
        }
    }

    private BpfObjectFormatException Failure(string section, string problem, long offset = -1, string? hint = null) => new(problem, file, section, offset, hint);
}
