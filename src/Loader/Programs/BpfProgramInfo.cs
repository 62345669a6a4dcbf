namespace P3Ebpf.Loader.Programs;

/// <summary>What the kernel tells about a program.</summary>
public sealed record BpfProgramInfo
{
    /// <summary>The kernel's number for the program.</summary>
    public required uint Id { get; init; }

    /// <summary>The kind of program.</summary>
    public required BpfProgramType Type { get; init; }

    /// <summary>The name as the kernel keeps it, at most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>A hash of the instructions: 16 hexadecimal digits.</summary>
    public required string Tag { get; init; }

    /// <summary>Bytes of machine code; 0 when the program is interpreted, or hidden from this process.</summary>
    public required int JitedLength { get; init; }

    /// <summary>Bytes of instructions after the verifier rewrote them; 0 when hidden from this process.</summary>
    public required int XlatedLength { get; init; }

    /// <summary>Instructions after the verifier rewrote them.</summary>
    public int InstructionCount => XlatedLength / sizeof(ulong);

    /// <summary>Whether machine code runs, not the interpreter.</summary>
    public bool IsJited => JitedLength > 0;

    /// <summary>Instructions the verifier looked at; 0 before Linux 5.16.</summary>
    public required int VerifiedInstructions { get; init; }

    /// <summary>When it was loaded, since boot.</summary>
    public required TimeSpan LoadTime { get; init; }

    /// <summary>The user who loaded it.</summary>
    public required uint UserId { get; init; }

    /// <summary>Time spent in the program, while <see cref="BpfProgram.EnableStatistics"/> or kernel.bpf_stats_enabled was on.</summary>
    public required TimeSpan RunTime { get; init; }

    /// <summary>Runs, counted at the same times as <see cref="RunTime"/>.</summary>
    public required ulong RunCount { get; init; }

    /// <summary>The ids of the maps it uses.</summary>
    public required IReadOnlyList<uint> MapIds { get; init; }

    /// <summary>The id of its BTF; 0 for none.</summary>
    public required uint BtfId { get; init; }

    /// <summary>The type it attaches to.</summary>
    public required uint AttachBtfId { get; init; }

    /// <summary>Whether its licence is compatible with the GPL.</summary>
    public required bool IsGplCompatible { get; init; }
}

/// <summary>The outcome of <c>BpfProgram.TestRun</c>.</summary>
/// <param name="ReturnValue">What the program returned.</param>
/// <param name="AverageDuration">The time of one run, on average.</param>
/// <param name="DataLength">Bytes of packet data written back.</param>
/// <param name="ContextLength">Bytes of context written back.</param>
public readonly record struct BpfTestRunResult(uint ReturnValue, TimeSpan AverageDuration, int DataLength, int ContextLength);
