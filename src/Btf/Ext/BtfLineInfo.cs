namespace P3Ebpf.Btf;

/// <summary>The source line of an instruction (<c>struct bpf_line_info</c>): 16 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section; the kernel counts instructions instead.</param>
/// <param name="FileNameOffset">The file's name, in the object's strings.</param>
/// <param name="LineOffset">The text of the line, in the object's strings.</param>
/// <param name="LineAndColumn">Line number times 1024, plus the column.</param>
public readonly record struct BtfLineInfo(uint InstructionOffset, uint FileNameOffset, uint LineOffset, uint LineAndColumn)
{
    /// <summary>The line number, from 1.</summary>
    public int Line => (int)(LineAndColumn >> 10);

    /// <summary>The column, from 1.</summary>
    public int Column => (int)(LineAndColumn & 0x3FF);
}
