namespace P3Ebpf.Object;

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
