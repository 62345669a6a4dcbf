namespace P3Ebpf.Linker.Tests;

/// <summary>The objects under <c>testdata/bpf/link/</c>, and what linking makes of them.</summary>
internal static class LinkFiles
{
    /// <summary>Three files that need each other and make one program.</summary>
    public static readonly string[] Whole = ["main", "library", "more"];

    public static string PathOf(string name) => TestData.PathOf($"testdata/bpf/link/{name}.bpf.o");

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static BpfLinkResult Link(params IEnumerable<string> names)
    {
        var linker = new BpfLinker();
        foreach (string name in names)
            linker.Add(PathOf(name));
        return linker.Link();
    }

    /// <summary>Links objects in memory, each called after its place.</summary>
    public static BpfLinkResult LinkBytes(params IEnumerable<ReadOnlyMemory<byte>> objects)
    {
        var linker = new BpfLinker();
        int index = 0;
        foreach (ReadOnlyMemory<byte> data in objects)
            linker.Add(data, $"object {index++}");
        return linker.Link();
    }

    public static BpfObjectSpec Spec(this BpfLinkResult result) => BpfObjectSpec.Parse(result.Data, "linked");

    public static ElfFile Elf(this BpfLinkResult result) => ElfFile.Parse(result.Data);

    public static ElfSymbolTable SymbolsOf(ElfFile elf)
    {
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection section).Should().BeTrue();
        return section.ReadSymbols();
    }
}
