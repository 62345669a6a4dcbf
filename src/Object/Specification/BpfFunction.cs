
namespace P3Ebpf.Object;

/// <summary>A function of an object: a program, or a subprogram that programs call.</summary>
public sealed class BpfFunction
{
    private readonly BpfInstruction[] _instructions;
    private readonly BtfSpec? _btf;
    private Lazy<Dictionary<BpfFunction, List<BtfLineInfo>>>? _lines;

    internal BpfFunction(string name, string sectionName, int sectionIndex, int sectionOffset, BpfInstruction[] instructions, BtfSpec? btf)
    {
        Name = name;
        SectionName = sectionName;
        SectionIndex = sectionIndex;
        SectionOffset = sectionOffset;
        _instructions = instructions;
        _btf = btf;
    }

    /// <summary>The name of the C function.</summary>
    public string Name { get; }

    /// <summary>The ELF section that holds it.</summary>
    public string SectionName { get; }

    /// <summary>Where it starts in the section, in instructions (of 8 bytes).</summary>
    public int SectionOffset { get; }

    /// <summary>The instructions as compiled.</summary>
    public ReadOnlyMemory<BpfInstruction> Instructions => _instructions;

    /// <summary>Whether it is loaded only as part of the programs that call it.</summary>
    public bool IsSubprogram => SectionName == BpfObjectSections.Text;

    internal int SectionIndex { get; }

    internal List<BpfRelocation> Relocations { get; } = [];

    /// <summary>The source line from which an instruction was compiled.</summary>
    /// <param name="instruction">The instruction's index in this function.</param>
    /// <returns><see langword="null"/> where the object has no line information for it.</returns>
    public BpfSourceLine? SourceLineOf(int instruction)
    {
        if (_lines is null || !_lines.Value.TryGetValue(this, out List<BtfLineInfo>? lines))
            return null;
        long offset = (SectionOffset + (long)instruction) * BpfInstruction.Length;
        int index = lines.FindLastIndex(line => line.InstructionOffset <= offset);
        if (index < 0)
            return null;
        BtfLineInfo line = lines[index];
        return new BpfSourceLine(Text(line.FileNameOffset), line.Line, line.Column, Text(line.LineOffset).Trim());
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal bool Contains(long sectionInstruction) => sectionInstruction >= SectionOffset && sectionInstruction < SectionOffset + _instructions.Length;

    internal void SetLines(Lazy<Dictionary<BpfFunction, List<BtfLineInfo>>> lines) => _lines = lines;

    private string Text(uint offset) => _btf is not null && _btf.TryGetString(offset, out BtfString text) ? text.ToString() : string.Empty;
}

/// <summary>A line of C.</summary>
/// <param name="File">The source file, as the compiler was given it.</param>
/// <param name="Line">The line number, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Text">The text of the line, where the object has it.</param>
public sealed record BpfSourceLine(string File, int Line, int Column, string Text)
{
    /// <summary>File and line, for example <c>sched_lottery.bpf.c:41</c>.</summary>
    public override string ToString() => $"{File}:{Line}";
}
