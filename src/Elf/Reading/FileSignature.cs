namespace P3Ebpf.Elf;

/// <summary>Recognises what is often given in place of an ELF file, to say what to do about it.</summary>
internal static class FileSignature
{
    public static string Describe(ReadOnlySpan<byte> start)
    {
        if (StartsWith(start, 0x1f, 0x8b))
            return "gzip-compressed data. Decompress it first (gunzip).";
        if (StartsWith(start, 0xfd, 0x37, 0x7a, 0x58))
            return "xz-compressed data. Decompress it first (unxz).";
        if (StartsWith(start, 0x28, 0xb5, 0x2f, 0xfd))
            return "zstd-compressed data. Decompress it first (unzstd).";
        if (StartsWith(start, 0x42, 0x43, 0xc0, 0xde))
            return "LLVM bitcode. Compile with -c and without -emit-llvm or -flto.";
        if (StartsWith(start, 0x9f, 0xeb) || StartsWith(start, 0xeb, 0x9f))
            return "raw BTF, not ELF. Read it as BTF.";
        if (start.StartsWith("!<arch>\n"u8))
            return "an archive of object files. Extract the object first (ar x).";
        if (start.StartsWith("MZ"u8))
            return "a Windows executable or a bootable kernel image. For a kernel give vmlinux (extract-vmlinux), not vmlinuz.";
        return "not an ELF file: its first four bytes are not 7f 45 4c 46.";
    }

    private static bool StartsWith(ReadOnlySpan<byte> start, params byte[] signature) => start.StartsWith(signature);
}
