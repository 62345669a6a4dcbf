namespace P3Ebpf.Loader.Programs;

/// <summary>What a program is loaded with, besides its instructions.</summary>
public sealed record BpfProgramOptions
{
    /// <summary>The specification that the program comes from; <see langword="null"/> for one of its own.</summary>
    public BpfProgramSpec? Spec { get; init; }

    /// <summary>The kind of program.</summary>
    public required BpfProgramType Type { get; init; }

    /// <summary>The name. The kernel keeps 15 characters of <c>[A-Za-z0-9_.]</c>; others become <c>_</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The licence, such as <c>GPL</c>: many helpers are open to GPL-compatible programs only.</summary>
    public required string License { get; init; }

    /// <summary>Where the program will be attached, for kinds where that matters to the verifier.</summary>
    public BpfAttachType ExpectedAttachType { get; init; }

    /// <summary>Flags.</summary>
    public BpfProgramFlags Flags { get; init; }

    /// <summary>BTF of the program itself, to which the function and line records refer.</summary>
    public BtfObject? Btf { get; init; }

    /// <summary>Records of <c>struct bpf_func_info</c>; offsets count instructions.</summary>
    public ReadOnlyMemory<byte> FuncInfo { get; init; }

    /// <summary>Bytes of one record of <see cref="FuncInfo"/>.</summary>
    public int FuncInfoRecordSize { get; init; }

    /// <summary>Records of <c>struct bpf_line_info</c>; offsets count instructions.</summary>
    public ReadOnlyMemory<byte> LineInfo { get; init; }

    /// <summary>Bytes of one record of <see cref="LineInfo"/>.</summary>
    public int LineInfoRecordSize { get; init; }

    /// <summary>The type (function, typedef, struct) to attach to, in the kernel's BTF, in <see cref="AttachBtf"/> or in that of
    /// <see cref="AttachProgram"/>; 0 for none.</summary>
    public uint AttachBtfId { get; init; }

    /// <summary>The module's BTF to which <see cref="AttachBtfId"/> belongs.</summary>
    public BtfObject? AttachBtf { get; init; }

    /// <summary>The program to trace or extend; excludes <see cref="AttachBtf"/>.</summary>
    public BpfProgram? AttachProgram { get; init; }

    /// <summary>Descriptors that instructions refer to by index (module BTF of kernel functions). Index 0 is unused.</summary>
    public ReadOnlyMemory<int> FdArray { get; init; }

    /// <summary>The network device to offload to or bind to; 0 for none.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>What the verifier logs of a program it accepts: 0 nothing, 1 its steps, 2 more; with 4, statistics. A rejected
    /// program is always loaded again with at least level 1.</summary>
    public int LogLevel { get; init; }

    /// <summary>The most bytes of log to ask for.</summary>
    public int MaximumLogSize { get; init; } = 256 << 20;
}
