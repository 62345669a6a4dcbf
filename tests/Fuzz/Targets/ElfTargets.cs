using System.Formats.Tar;
using System.IO.Compression;

namespace P3Ebpf.Fuzz.Targets;

/// <summary>ELF files as the reader, the doctor and uprobes use them.</summary>
internal static class ElfTargets
{
    public static FuzzTarget[] All { get; } =
    [
        new("elf", Seeds, Read) { MostBytes = 1 << 15, AllowedBytes = static input => (1 << 20) + (512L * input.Length) },
        new("xz", XzSeeds, ReadXz) { AllowedBytes = static input => (64 << 20) + (64L * input.Length) },
        new("compressed", CompressedSeeds, ReadCompressed) { AllowedBytes = static input => (8 << 20) + (4096L * input.Length) },
    ];

    private static readonly ElfReadLimits Limits = new() { MaxDecompressedSize = 1 << 20 };

    private static IEnumerable<byte[]> Seeds() => Directory
        .GetFiles(TestData.PathOf("testdata"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(path => new FileInfo(path).Length < 1 << 15).Select(File.ReadAllBytes).Where(data => ElfFile.IsElf(data));

    private static IEnumerable<byte[]> XzSeeds() => Directory
        .GetFiles(TestData.PathOf("testdata"), "*.xz", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(path => new FileInfo(path).Length < 1 << 15).Select(File.ReadAllBytes)
        .Append(Convert.FromHexString("fd377a585a000004e6d6b4460200210116000000742fe5a301000568656c6c6f0a00000000000000000000"));

    private static IEnumerable<byte[]> CompressedSeeds()
    {
        byte[] btf = TestData.Btf("dedup/a");
        yield return Zip(btf);
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "vmlinux.btf") { DataStream = new MemoryStream(btf) });
        yield return Zip(archive.ToArray());
        yield return Raw(archive.ToArray());
    }

    private static byte[] Zip(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(data);
        return packed.ToArray();
    }

    /// <summary>Not compressed, so that a mutant of the archive is one: the reader zips it itself.</summary>
    private static byte[] Raw(byte[] data) => [.. "RAW"u8, .. data];

    private static void ReadCompressed(byte[] input)
    {
        try
        {
            _ = CompressedFile.Unpack(input.AsSpan().StartsWith("RAW"u8) ? Zip(input[3..]) : input, "mutant");
        }
        catch (BtfFormatException)
        {
        }
    }

    private static void ReadXz(byte[] input)
    {
        try
        {
            _ = XzData.Decompress(input, 1 << 20);
        }
        catch (InvalidDataException)
        {
        }
    }

    private static void Read(byte[] input)
    {
        ElfFile file;
        try
        {
            file = ElfFile.Parse(input, Limits);
        }
        catch (ElfFormatException)
        {
            return;
        }

        using (file)
        {
            foreach (ElfSection section in file.Sections)
                Allow(() => ReadSection(section));
            foreach (ElfSegment segment in file.Segments)
                Allow(() => _ = segment.Type == ElfSegmentType.Note ? segment.ReadNotes().Count() : segment.ReadData().Length);
            Allow(() =>
            {
                ElfDynamicTable dynamic = file.ReadDynamic();
                _ = dynamic.Count + dynamic.Needed.Count();
                _ = dynamic.SoName + dynamic.RPath + dynamic.RunPath;
            });
            Allow(() => file.ReadInterpreter());
            Allow(() => file.TryGetBuildId(out _));
            Allow(() => _ = file.ReadVersionDefinitions().Sum(version => version.Name.Length));
            Allow(() => _ = file.ReadVersionNeeds().Sum(version => version.Name.Length + version.Library.Length));
            Allow(() =>
            {
                ElfFunctionTable functions = file.ReadFunctions();
                foreach (ElfFunction function in functions.Take(64))
                    _ = functions.Find(function.Name).Functions.Count;
                _ = functions.Match("*a*").Count;
            });
            Allow(() =>
            {
                foreach (ElfUsdtProbe probe in file.ReadUsdtProbes())
                    TextTargets.ReadArguments(probe.Arguments);
            });
        }
    }

    private static void ReadSection(ElfSection section)
    {
        _ = section.Name;
        switch (section.Type)
        {
            case ElfSectionType.SymbolTable or ElfSectionType.DynamicSymbolTable:
                ElfSymbolTable symbols = section.ReadSymbols();
                for (int i = 0; i < symbols.Count; i++)
                    _ = symbols[i].ToString();
                break;
            case ElfSectionType.Rel or ElfSectionType.Rela:
                ElfRelocationTable relocations = section.ReadRelocations();
                for (int i = 0; i < relocations.Count; i++)
                    _ = relocations[i].SymbolIndex;
                break;
            case ElfSectionType.Note:
                foreach (ElfNote note in section.ReadNotes())
                    _ = note.Name;
                break;
            default:
                _ = section.ReadDecompressed().Length;
                break;
        }
    }

    private static void Allow(Action read)
    {
        try
        {
            read();
        }
        catch (ElfFormatException)
        {
        }
    }
}
