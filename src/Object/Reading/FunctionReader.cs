
namespace P3Ebpf.Object;

/// <summary>Finds the functions in the sections of instructions, and tells programs from subprograms. Rule: libbpf's <c>bpf_object__add_programs</c>.</summary>
internal sealed class FunctionReader(string file, bool isLittleEndian, ObjectSymbols symbols, BtfSpec? btf, List<string> warnings)
{
    private readonly List<string> _unnamed = [];

    public List<BpfFunction> Functions { get; } = [];

    public List<BpfProgramSpec> Programs { get; } = [];

    public void Read(ElfSection section)
    {
        string name = section.Name;
        ReadOnlySpan<byte> code = section.ReadData().Span;
        bool optional = name.StartsWith('?');
        string sectionName = optional ? name[1..] : name;
        ulong end = 0;
        ElfSymbol? before = null;
        foreach (ElfSymbol symbol in symbols.In(section.Index).Where(s => s.Type == ElfSymbolType.Func).OrderBy(s => s.Value).ThenBy(s => s.Binding == ElfSymbolBinding.Local))
        {
            ulong start = symbol.Value;
            ulong size = symbol.Size;
            if (before is { } same && same.Value == start && same.Size == size)
            {
                // Another name of the same instructions: whoever calls it says where, not which name is meant.
                if (name != BpfObjectSections.Text)
                    warnings.Add($"section {name}: '{symbol.Name}' is another name of '{same.Name}', under which it is loaded");
                continue;
            }

            before = symbol;
            long place = (long)Math.Min(start, long.MaxValue);
            if (size == 0 || start % BpfInstruction.Length != 0 || size % BpfInstruction.Length != 0 || start > (ulong)code.Length || size > (ulong)code.Length - start)
                throw Failure($"function '{symbol.Name}' of {size} bytes at {start} is not a run of instructions within the section", name, place);
            if (start < end)
                throw Failure($"function '{symbol.Name}' overlaps the one before", name, place, "It is damaged, or was linked wrongly; compile it again.");
            end = start + size;

            var function = new BpfFunction(
                symbol.Name, name, section.Index, (int)(start / BpfInstruction.Length),
                BpfInstruction.Decode(code.Slice((int)start, (int)size), isLittleEndian), btf);
            Functions.Add(function);
            if (function.IsSubprogram)
                continue;
            if (symbol.Binding == ElfSymbolBinding.Local)
                throw Failure($"program '{symbol.Name}' is static", name, place, "Make it global: only global functions of a section are programs.");
            Programs.Add(new BpfProgramSpec(function, sectionName, optional));
        }

        if (before is null && name != BpfObjectSections.Text)
            _unnamed.Add(name);
    }

    /// <summary>Code that no symbol of a function names is no program to anybody; an object of nothing else would load as nothing.</summary>
    public void RequireNames()
    {
        const string Hint = "Very old compilers, and some tools that strip, leave such symbols: compile it with clang 10 or later, and strip it with llvm-strip -g only.";
        if (_unnamed.Count != 0 && Programs.Count == 0)
            throw Failure("it has instructions, but no symbol of type FUNC says where a program begins", _unnamed[0], hint: Hint);
        foreach (string section in _unnamed)
            warnings.Add($"section {section} has instructions, but no symbol of type FUNC: there is no program in it");
    }

    private BpfObjectFormatException Failure(string problem, string section, long offset = -1, string? hint = null) => new(problem, file, section, offset, hint);
}
