using P3Ebpf.Btf;
using P3Ebpf.Elf;

namespace P3Ebpf.Loader;

/// <summary>Reads BTF from files, raw or within ELF.</summary>
public static class BtfFile
{
    private const string KernelDirectory = "/sys/kernel/btf/";
    private const string Section = ".BTF";
    private const int MagicLength = 4;

    /// <summary>Reads a raw BTF file, or the <c>.BTF</c> section of an ELF file.</summary>
    /// <param name="path">The file. One under <c>/sys/kernel/btf</c> other than vmlinux is put on the kernel's own BTF.</param>
    /// <param name="baseSpec">The base of a split BTF.</param>
    /// <exception cref="BtfFormatException">The BTF is malformed, or the ELF file has none.</exception>
    /// <exception cref="ElfFormatException">The ELF file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BtfSpec Read(string path, BtfSpec? baseSpec = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (baseSpec is null && path.StartsWith(KernelDirectory, StringComparison.Ordinal) && path != KernelBtf.VmlinuxPath)
            baseSpec = KernelBtf.Vmlinux;
        return BtfSpec.Parse(ReadBytes(path, out int? pointerSize), new BtfReadOptions { Base = baseSpec, PointerSize = pointerSize, Source = path });
    }

    /// <summary>The raw BTF of a file: the file itself, or its <c>.BTF</c> section, decompressed, if it is an ELF file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pointerSize">Bytes of a pointer, where the ELF class tells; of BPF objects 8.</param>
    /// <exception cref="BtfFormatException">The ELF file has no BTF.</exception>
    /// <exception cref="ElfFormatException">The ELF file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ReadOnlyMemory<byte> ReadBytes(string path, out int? pointerSize)
    {
        pointerSize = null;
        if (!StartsLikeElf(path))
            return File.ReadAllBytes(path);

        using ElfFile elf = ElfFile.Open(path);
        if (!elf.TryGetSection(Section, out ElfSection section) || section.Type == ElfSectionType.NoBits || section.Size == 0)
        {
            throw new BtfFormatException(
                BtfErrorCode.TooSmall, "an ELF file without BTF: it has no .BTF section, or an empty one; build it with BTF (pahole -J, clang -g)", source: path);
        }

        pointerSize = elf.Header.Class == ElfClass.Elf64 ? 8 : 4;
        return section.ReadDecompressed().ToArray();
    }

    private static bool StartsLikeElf(string path)
    {
        Span<byte> start = stackalloc byte[MagicLength];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, MagicLength, throwOnEndOfStream: false) == MagicLength && ElfFile.IsElf(start);
    }
}
