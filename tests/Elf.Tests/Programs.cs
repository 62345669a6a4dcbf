using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Elf.Tests;

/// <summary>The programs of <c>testdata/elf</c>, and what readelf says of them.</summary>
internal static partial class Programs
{
    public static TheoryData<string> Names { get; } = ["probes.pie", "probes.fixed", "probes.stripped", "probes.minidebug", "probes.arm64", "libversions.so"];

    public static byte[] Bytes(string name) => File.ReadAllBytes(TestData.PathOf("testdata/elf/" + name));

    public static ElfFile Open(string name) => ElfFile.Open(TestData.PathOf("testdata/elf/" + name));

    /// <summary>The functions that a symbol table defines, in its order, with versions as readelf writes them.</summary>
    public static List<(string Name, ulong Address)> FunctionsByReadelf(string program, string table)
    {
        string text = Readelf(program);
        int start = text.IndexOf($"Symbol table '{table}'", StringComparison.Ordinal);
        if (start < 0)
            return [];
        int end = text.IndexOf("\n\n", start, StringComparison.Ordinal);
        return [.. SymbolLine().Matches(text[start..end])
            .Where(line => line.Groups["section"].Value != "UND")
            .Select(line => (line.Groups["name"].Value, Number(line.Groups["address"])))];
    }

    /// <summary>The places of all functions of this name.</summary>
    public static List<ulong> AddressesByReadelf(string program, string name) =>
        [.. FunctionsByReadelf(program, ".symtab").Where(function => function.Name == name).Select(function => function.Address)];

    public static List<(string Provider, string Name, ulong Address, ulong Semaphore, string Arguments)> ProbesByReadelf(string program) =>
        [.. ProbeLines().Matches(Readelf(program)).Select(probe => (
            probe.Groups["provider"].Value, probe.Groups["name"].Value, Number(probe.Groups["location"]), Number(probe.Groups["semaphore"]),
            probe.Groups["arguments"].Value))];

    /// <summary>An address by the section that holds it, as libbpf translates it.</summary>
    public static ulong OffsetBySection(ElfFile file, ulong address)
    {
        ElfSection section = file.Sections.Single(section => (section.Flags & ElfSectionFlags.Alloc) != 0 && (section.Flags & ElfSectionFlags.Tls) == 0
            && section.Address <= address && address < section.Address + Math.Max(section.Size, 1));
        return address - section.Address + section.Offset;
    }

    private static string Readelf(string program) => File.ReadAllText(TestData.PathOf($"testdata/elf/{program}.readelf.txt")).ReplaceLineEndings("\n");

    private static ulong Number(Group hex) => ulong.Parse(hex.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ +\d+: (?<address>[0-9a-f]+) +\w+ I?FUNC +\w+ +\w+ +(?<section>\w+) (?<name>[^ \n]+)", RegexOptions.Multiline)]
    private static partial Regex SymbolLine();

    [GeneratedRegex(@"Provider: (?<provider>.*)\n +Name: (?<name>.*)\n +Location: 0x(?<location>\w+), Base: 0x\w+, Semaphore: 0x(?<semaphore>\w+)\n +Arguments: (?<arguments>.*)\n")]
    private static partial Regex ProbeLines();
}
