namespace P3Ebpf.Loader.Running;

/// <summary>Reads BTF from files, raw or within ELF, each also compressed with gzip or xz, and as the archives of BTFHub hold it (<c>.btf.tar.xz</c>).</summary>
public static class BtfFile
{
    private const string Section = ".BTF";
    private const string DistilledBaseSection = ".BTF.base";

    /// <summary>Reads a raw BTF file, or the <c>.BTF</c> section of an ELF file.</summary>
    /// <param name="path">The file. One under <c>/sys/kernel/btf</c> other than vmlinux is put on the kernel's own BTF.</param>
    /// <param name="baseSpec">
    /// The base of a split BTF. A module with a distilled base of its own (<c>.BTF.base</c>, Linux 6.11) is relocated onto it, and
    /// stays on the distilled one where none is given.
    /// </param>
    /// <exception cref="BtfFormatException">The BTF is malformed or does not fit the base, or the ELF file has none.</exception>
    /// <exception cref="ElfFormatException">The ELF file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BtfSpec Read(string path, BtfSpec? baseSpec = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, path, baseSpec ?? KernelBaseOf(path));
    }

    /// <summary>Reads BTF that continues nobody's, such as a kernel's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">What to call it.</param>
    internal static BtfSpec ReadAlone(string path, string source) => Read(path, source, baseSpec: null);

    private static BtfSpec Read(string path, string source, BtfSpec? baseSpec)
    {
        ReadOnlyMemory<byte> data = ReadBytes(path, unpack: true, out int? pointerSize, out BtfSpec? distilled);
        BtfSpec spec = BtfSpec.Parse(data, new BtfReadOptions { Base = distilled ?? baseSpec, PointerSize = pointerSize, Source = source });
        return distilled is not null && baseSpec is not null ? BtfDistilledBase.Relocate(spec, baseSpec) : spec;
    }

    /// <summary>
    /// Checks the BTF of a file, raw or within ELF, and tells all that is wrong with it. Offsets count from the start of the BTF.
    /// Where a split BTF lies alone, the running kernel's BTF is tried as what it continues.
    /// </summary>
    /// <param name="path">The file. One under <c>/sys/kernel/btf</c> other than vmlinux is checked on the kernel's own BTF.</param>
    /// <param name="baseSpec">The base of a split BTF.</param>
    /// <returns>The report; of an ELF file that is malformed or has no BTF too.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BtfCheckReport Check(string path, BtfSpec? baseSpec = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        baseSpec ??= KernelBaseOf(path);
        ReadOnlyMemory<byte> data;
        string source = path;
        try
        {
            // To libbpf a compressed file is none, and the check says so.
            data = ReadBytes(path, unpack: false, out int? pointerSize, out BtfSpec? distilled);
            baseSpec = distilled ?? baseSpec;
            if (pointerSize is not null)
                source = $"{path} (its section {Section})";
        }
        catch (BtfFormatException e)
        {
            return WithoutBtf(path, e.Problem, "give the vmlinux, module or object that was built with BTF");
        }
        catch (ElfFormatException e)
        {
            return WithoutBtf(path, $"an ELF file from which no BTF can be read: {e.Message}", "copy the whole file again");
        }

        BtfCheckReport report = BtfChecker.Check(data, new BtfCheckOptions { Base = baseSpec, Source = source });
        return report.Verdict == BtfVerdict.NeedsBase && RunningKernel() is { } kernel
            ? BtfChecker.Check(data, new BtfCheckOptions { CandidateBases = [kernel], Source = source })
            : report;
    }

    /// <summary>Whether a file begins like one that <see cref="Read(string, BtfSpec?)"/> can read: BTF of either byte order, ELF, or one of both compressed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool LooksReadable(string path)
    {
        Span<byte> start = stackalloc byte[CompressedFile.MagicLength];
        using FileStream file = File.OpenRead(path);
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return start.Length > 1 && ((start[0] == 0x9f && start[1] == 0xeb) || (start[0] == 0xeb && start[1] == 0x9f) || ElfFile.IsElf(start)
            || (CompressedFile.IsCompressed(start) && path.Contains("btf", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>The raw BTF of a file: the file itself, or its <c>.BTF</c> section, decompressed, if it is an ELF file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pointerSize">Bytes of a pointer, where the ELF class tells; of BPF objects 8.</param>
    /// <exception cref="BtfFormatException">The ELF file has no BTF.</exception>
    /// <exception cref="ElfFormatException">The ELF file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ReadOnlyMemory<byte> ReadBytes(string path, out int? pointerSize) => ReadBytes(path, unpack: true, out pointerSize, out _);

    /// <param name="path">The file.</param>
    /// <param name="unpack">Whether a compressed file is looked into.</param>
    /// <param name="pointerSize">As above.</param>
    /// <param name="distilled">What a module brings of its base.</param>
    private static ReadOnlyMemory<byte> ReadBytes(string path, bool unpack, out int? pointerSize, out BtfSpec? distilled)
    {
        pointerSize = null;
        distilled = null;
        using ElfFile? elf = OpenElf(path, unpack, out ReadOnlyMemory<byte> raw);
        if (elf is null)
            return raw;

        bool hasSection = elf.TryGetSection(Section, out ElfSection section);
        if (hasSection && section.Type == ElfSectionType.NoBits)
        {
            throw new BtfFormatException(
                BtfErrorCode.TooSmall, "an ELF file whose section .BTF has no contents (SHT_NOBITS): it is a separate debug file; take the BTF from the file that it was split off", source: path);
        }

        if (!hasSection || section.Size == 0)
        {
            throw new BtfFormatException(
                BtfErrorCode.TooSmall, "an ELF file without BTF: it has no .BTF section, or an empty one; build it with BTF (pahole -J, clang -g)", source: path);
        }

        if (elf.TryGetSection(DistilledBaseSection, out ElfSection distilledBase) && distilledBase.Type != ElfSectionType.NoBits)
            distilled = BtfSpec.Parse(distilledBase.ReadDecompressed().ToArray(), new BtfReadOptions { Source = $"{path} ({DistilledBaseSection})" });
        pointerSize = elf.Header.Class == ElfClass.Elf64 ? 8 : 4;
        return section.ReadDecompressed().ToArray();
    }

    /// <summary>Opens an ELF file, also a compressed one; <see langword="null"/> where it is none, but bytes.</summary>
    private static ElfFile? OpenElf(string path, bool unpack, out ReadOnlyMemory<byte> raw)
    {
        Span<byte> start = stackalloc byte[CompressedFile.MagicLength];
        using (FileStream file = File.OpenRead(path))
            start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        raw = default;
        if (ElfFile.IsElf(start))
            return ElfFile.Open(path);
        if (!unpack || !CompressedFile.IsCompressed(start))
        {
            raw = BtfSpec.ReadBytes(path);
            return null;
        }

        byte[] inflated = CompressedFile.Read(path);
        raw = inflated;
        return ElfFile.IsElf(inflated) ? ElfFile.Parse(inflated) : null;
    }

    private static BtfSpec? KernelBaseOf(string path)
    {
        string whole = Path.GetFullPath(path);
        return whole.StartsWith(Kernel.BtfDirectory + "/", StringComparison.Ordinal) && whole != Kernel.BtfPath ? Kernel.Running.Types : null;
    }

    /// <summary>The running kernel's BTF, if there is one and it may be read.</summary>
    private static BtfSpec? RunningKernel()
    {
        try
        {
            return File.Exists(Kernel.BtfPath) ? Kernel.Running.Types : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BtfFormatException)
        {
            return null;
        }
    }

    private static BtfCheckReport WithoutBtf(string path, string problem, string action) => new()
    {
        Verdict = BtfVerdict.NotBtf,
        Summary = $"{path} is not BTF: {problem}.",
        Action = action,
        Findings = [new BtfFinding(BtfFindingCodes.ElfFile, BtfFindingSeverity.Error, 0, BtfTypeId.Void, problem, action)],
    };
}
