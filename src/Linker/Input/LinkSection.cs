using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>A section of an object that goes into the result: code, data, or zeros.</summary>
/// <param name="Index">Its index in the file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">PROGBITS or NOBITS.</param>
/// <param name="Flags">As in the file.</param>
/// <param name="Alignment">A power of two.</param>
/// <param name="EntrySize">Bytes of an entry, of sections of strings to merge; otherwise 0.</param>
/// <param name="Size">Bytes; zeros are not in the file.</param>
/// <param name="Data">The bytes; none for zeros.</param>
internal sealed record LinkSection(
    int Index, string Name, ElfSectionType Type, ElfSectionFlags Flags, long Alignment, long EntrySize, long Size, ReadOnlyMemory<byte> Data)
{
    public const string Btf = ".BTF";
    public const string BtfExt = ".BTF.ext";
    public const string Maps = ".maps";

    /// <summary>Tables of <c>switch</c> statements, whose symbols belong to one file even where they are global.</summary>
    public const string JumpTables = ".jumptables";

    /// <summary>The only section of BTF in which clang puts declarations that name no section. ELF has none of the name.</summary>
    public const string Externs = ".extern";

    public const int InstructionLength = 8;

    public bool IsCode => Type == ElfSectionType.ProgramBits && (Flags & ElfSectionFlags.ExecInstr) != 0;

    /// <summary>Whether all files must agree on the content, which is kept once.</summary>
    public bool IsSingle => Name is "license" or "version";

    public bool Equals(LinkSection? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>The relocations that BPF objects have (<c>R_BPF_*</c>; Documentation/bpf/llvm_reloc.rst).</summary>
internal enum BpfRelocationType : uint
{
    /// <summary>R_BPF_64_64: a 64-bit load; of old compilers also 8 bytes of data.</summary>
    Load64 = 1,

    /// <summary>R_BPF_64_ABS64: 8 bytes of data.</summary>
    Address64 = 2,

    /// <summary>R_BPF_64_ABS32: 4 bytes of data.</summary>
    Address32 = 3,

    /// <summary>R_BPF_64_32: a call.</summary>
    Call = 10,
}
