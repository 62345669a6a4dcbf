using System.Buffers.Binary;

namespace P3Ebpf.Object.Tests;

/// <summary>A damaged file gets one of three typed errors, or is read; never anything else.</summary>
public sealed class DamagedObjectTests
{
    private static readonly string[] Objects = ["globals", "maps", "ksyms", "kconfig", "sched_lottery", "tracing", "big_endian", "elf_sample", "congestion", "unfit_ops", "arena", "legacy_maps", "jump_tables"];

    public static TheoryData<string> Names => [.. Objects];

    [Theory]
    [MemberData(nameof(Names))]
    public void Truncated_anywhere(string name)
    {
        byte[] whole = ObjectFile.Bytes(name);
        for (int length = 0; length < whole.Length; length += 1 + (length % 13))
        {
            // The section headers are at the end, so nothing shorter is whole.
            byte[] part = whole[..length];
            FluentActions.Invoking(() => BpfObjectSpec.Parse(part, name)).Should().Throw<EbpfException>($"it has {length} of {whole.Length} bytes")
                .Which.Should().Match(e => e is BpfObjectFormatException || e is ElfFormatException || e is BtfFormatException);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutated_at_random(string name)
    {
        const int Rounds = 2500;
        byte[] whole = ObjectFile.Bytes(name);
        (int Start, int Length)[] sections = ObjectMutation.PlacesIn(whole);
        var target = new CoreTarget(ObjectFile.Read("sched_lottery").Btf!);
        int read = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] mutant = ObjectMutation.Mutate(whole, sections, new Random(seed));
            try
            {
                ReadRelocateLink(mutant, target);
                read++;
            }
            catch (Exception e) when (e is BpfObjectFormatException or ElfFormatException or BtfFormatException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed} of {name}: {e}");
            }
        }

        read.Should().BeInRange(Rounds / 100, Rounds - (Rounds / 100), "mutants that are all read, or none, test nothing");
    }

    [Fact]
    public void Zeroed_variables_beyond_any_map_are_refused_without_memory()
    {
        foreach (ulong size in new[] { 1UL << 60, (1UL << 30) + 1, ulong.MaxValue })
        {
            byte[] file = Changed("globals", ".bss", (header, _) => BinaryPrimitives.WriteUInt64LittleEndian(header[32..], size));
            FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "big")).Should().Throw<BpfObjectFormatException>().Which.Section.Should().Be(".bss");
        }

        byte[] large = Changed("globals", ".bss", (header, _) => BinaryPrimitives.WriteUInt64LittleEndian(header[32..], 1UL << 30));
        long before = GC.GetAllocatedBytesForCurrentThread();
        BpfObjectSpec.Parse(large, "large").Maps[".bss"].ValueSize.Should().Be(1 << 30);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1 << 24, "they get memory when looked at");
    }

    [Fact]
    public void Sections_that_lie_over_each_other_are_refused()
    {
        byte[] file = Changed("globals", "socket", (header, whole) =>
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], 0);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)whole.Length);
        });
        FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "overlap")).Should().Throw<BpfObjectFormatException>().WithMessage("*sections claim*");
    }

    [Fact]
    public void Functions_that_share_instructions_are_refused()
    {
        byte[] file = ObjectFile.Bytes("globals");
        using ElfFile elf = ElfFile.Parse(file);
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        int index = table.ReadSymbols().Single(s => s.Name == "sum_numbers").Index;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan((int)table.Offset + (index * 24) + 8), 8);
        FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "shared")).Should().Throw<BpfObjectFormatException>().WithMessage("*'sum_numbers' overlaps*");
    }

    [Fact]
    public void Damaged_btf_is_the_reason_when_maps_need_it()
    {
        byte[] file = Changed("sched_lottery", ".BTF", (header, whole) => whole[(int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..])] ^= 0xff);
        FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "bad")).Should().Throw<BpfObjectFormatException>()
            .WithMessage("*BTF, which is malformed*").WithInnerException<BtfFormatException>();
    }

    [Fact]
    public void Damaged_btf_ext_costs_only_what_it_says()
    {
        byte[] file = Changed("globals", ".BTF.ext", (header, whole) => whole[(int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..])] ^= 0xff);
        BpfObjectSpec spec = BpfObjectSpec.Parse(file, "bad");
        spec.Warnings.Should().ContainSingle().Which.Should().Contain("no source lines");
        spec.Programs["compute"].Function.SourceLineOf(0).Should().BeNull();
        spec.Maps["numbers"].MaxEntries.Should().Be(4);
    }

    [Fact]
    public void Names_of_bad_bytes_cost_little_more_than_others()
    {
        const int Damaged = 1024;
        byte[] file = ObjectFile.Bytes("sched_lottery");
        file.AsSpan(file.AsSpan().IndexOf("./sched_lottery.h"u8), Damaged).Fill(0xff); // what source lines are made of
        Walk();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Walk();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64L * file.Length);

        void Walk()
        {
            foreach (BpfFunction function in BpfObjectSpec.Parse(file, "bad").Functions)
                for (int i = 0; i < function.Instructions.Length; i++)
                    _ = function.SourceLineOf(i);
        }
    }

    private delegate void Change(Span<byte> header, byte[] whole);

    /// <summary>Changes one section's header (64 bytes, offset at 24, size at 32) or the file around it.</summary>
    private static byte[] Changed(string name, string section, Change change)
    {
        byte[] whole = ObjectFile.Bytes(name);
        using ElfFile elf = ElfFile.Parse(whole.ToArray());
        elf.TryGetSection(section, out ElfSection found).Should().BeTrue();
        int headers = (int)BinaryPrimitives.ReadUInt64LittleEndian(whole.AsSpan(40));
        change(whole.AsSpan(headers + (found.Index * 64), 64), whole);
        return whole;
    }

    private static void ReadRelocateLink(byte[] file, CoreTarget target)
    {
        BpfObjectSpec spec = BpfObjectSpec.Parse(file, "mutant");
        BpfObjectRelocation relocation = spec.Relocate(target);
        foreach (BpfVariableSpec variable in spec.Variables.Where(v => v.Map.ValueSize < 1 << 16))
            _ = variable.InitialBytes.Length;
        foreach (CoreRelocationResult result in relocation.Functions.SelectMany(f => f.Results))
            _ = result.ToString();
        foreach (BpfFunction function in spec.Functions)
            _ = function.SourceLineOf(function.Instructions.Length - 1)?.Text;
        var linker = new ProgramLinker(spec, relocation, new Dictionary<BpfMapSpec, int>(), new Dictionary<BpfExternSpec, ResolvedExtern>());
        foreach (BpfProgramSpec program in spec.Programs)
            _ = linker.Link(program.Function);
    }
}
