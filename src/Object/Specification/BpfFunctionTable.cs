namespace P3Ebpf.Object;

/// <summary>The functions of an object by section and place. Those of one section do not overlap.</summary>
internal sealed class BpfFunctionTable
{
    private readonly BpfFunction[] _functions;
    private readonly Dictionary<string, int> _sections = new(StringComparer.Ordinal);

    public BpfFunctionTable(IEnumerable<BpfFunction> functions)
    {
        _functions = [.. functions.OrderBy(f => f.SectionIndex).ThenBy(f => f.SectionOffset)];
        foreach (BpfFunction function in _functions)
            _ = _sections.TryAdd(function.SectionName, function.SectionIndex);
    }

    public IReadOnlyList<BpfFunction> All => _functions;

    /// <summary>The function that holds an instruction of a section.</summary>
    public BpfFunction? Find(int section, long instruction)
    {
        int low = 0;
        int high = _functions.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            BpfFunction function = _functions[middle];
            if (function.SectionIndex < section || (function.SectionIndex == section && function.SectionOffset <= instruction))
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high >= 0 && _functions[high].SectionIndex == section && _functions[high].Contains(instruction) ? _functions[high] : null;
    }

    /// <summary>The same by the section's name, as .BTF.ext has it; of several sections with one name, the first.</summary>
    public BpfFunction? Find(string section, long instruction) => _sections.TryGetValue(section, out int index) ? Find(index, instruction) : null;

    /// <summary>The function that begins at an instruction.</summary>
    public BpfFunction? FindStart(int section, long instruction) =>
        Find(section, instruction) is { } function && function.SectionOffset == instruction ? function : null;

    /// <inheritdoc cref="FindStart(int, long)"/>
    public BpfFunction? FindStart(string section, long instruction) =>
        Find(section, instruction) is { } function && function.SectionOffset == instruction ? function : null;

    /// <summary>Tells each function where to find the source lines of its instructions, which are sorted out when somebody asks for one.</summary>
    public void AssignLines(BtfExt btfExt)
    {
        var lines = new Lazy<Dictionary<BpfFunction, List<BtfLineInfo>>>(() => SortOut(btfExt));
        foreach (BpfFunction function in _functions)
            function.SetLines(lines);
    }

    private Dictionary<BpfFunction, List<BtfLineInfo>> SortOut(BtfExt btfExt)
    {
        Dictionary<BpfFunction, List<BtfLineInfo>> lines = [];
        foreach (BtfExtSection<BtfLineInfo> section in btfExt.LineInfo.Sections)
        {
            string name = section.SectionName.ToString();
            for (int i = 0; i < section.Count; i++)
            {
                BtfLineInfo line = section[i];
                if (Find(name, line.InstructionOffset / BpfInstruction.Length) is not { } function)
                    continue;
                if (!lines.TryGetValue(function, out List<BtfLineInfo>? own))
                    lines.Add(function, own = []);
                own.Add(line);
            }
        }

        return lines;
    }
}
