using P3Ebpf.Btf;
using P3Ebpf.Elf;

namespace P3Ebpf.Loader;

/// <summary>What <see cref="BpfObjectReader"/> found.</summary>
internal sealed class BpfObjectContents
{
    public required string Name { get; init; }

    public required string? Path { get; init; }

    public required ElfByteOrder ByteOrder { get; init; }

    public required string License { get; init; }

    public required uint? KernelVersion { get; init; }

    public required BtfSpec? Btf { get; init; }

    public required BtfExt? BtfExt { get; init; }

    public required byte[]? KernelBtf { get; init; }

    public required BpfFunctionTable Functions { get; init; }

    public required IReadOnlyList<BpfProgramSpec> Programs { get; init; }

    public required IReadOnlyList<BpfMapSpec> Maps { get; init; }

    public required IReadOnlyList<BpfVariableSpec> Variables { get; init; }

    public required IReadOnlyList<BpfExternSpec> Externs { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }
}
