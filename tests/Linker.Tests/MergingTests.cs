using System.Buffers.Binary;

namespace P3Ebpf.Linker.Tests;

/// <summary>Sections, relocations and types of a linked object.</summary>
public sealed class MergingTests
{
    [Fact]
    public void Sections_of_one_name_become_one_with_everything_aligned()
    {
        using ElfFile elf = LinkFiles.Link(LinkFiles.Whole).Elf();
        elf.Sections.Select(s => s.Name).Should().OnlyHaveUniqueItems();
        foreach (ElfSymbol symbol in LinkFiles.SymbolsOf(elf).Where(s => s.Type == ElfSymbolType.Object && s.Size is 1 or 4 or 8))
            (symbol.Value % symbol.Size).Should().Be(0, symbol.Name);
        foreach (ElfSection section in elf.Sections.Where(s => s.Type is not (ElfSectionType.NoBits or ElfSectionType.Null)))
            (section.Offset % Math.Max(1, section.Alignment)).Should().Be(0, section.Name);
        elf.TryGetSection("license", out ElfSection license).Should().BeTrue();
        license.ReadData().ToArray().Should().Equal("Dual MIT/GPL\0"u8.ToArray());
    }

    [Fact]
    public void Variables_keep_their_values()
    {
        BpfObjectSpec spec = LinkFiles.Link(LinkFiles.Whole).Spec();
        spec.Variables["runs"].InitialBytes.ToArray().Should().Equal(BitConverter.GetBytes(100L));
        spec.Variables["shared_total"].InitialBytes.ToArray().Should().Equal(BitConverter.GetBytes(40L));
        spec.Variables["odd_byte"].InitialBytes.ToArray().Should().Equal(7);
        spec.Variables["library_limit"].InitialBytes.ToArray().Should().Equal(BitConverter.GetBytes(1000));
        spec.Variables["custom"].InitialBytes.ToArray().Should().Equal(BitConverter.GetBytes(70));
        spec.Variables.Where(v => v.Name == "private_count").Select(v => BitConverter.ToInt32(v.InitialBytes)).Should().Equal(1, 10, 100);
    }

    [Fact]
    public void Each_section_of_variables_is_described_once_in_order_and_without_overlap()
    {
        BpfLinkResult result = LinkFiles.Link("library", "main", "more");
        using ElfFile elf = result.Elf();
        ElfSymbolTable symbols = LinkFiles.SymbolsOf(elf);
        BtfSpec btf = result.Spec().Btf!;
        BtfType[] sections = [.. Types(btf).Where(t => t.Kind == BtfKind.DataSec)];
        sections.Select(s => s.Name.ToString()).Should().BeEquivalentTo(".rodata", ".data", ".bss", ".maps", "license", ".data.custom", ".kconfig", ".ksyms");
        foreach (BtfType section in sections.Where(s => s.Name != ".ksyms" && s.Name != ".kconfig"))
        {
            uint end = 0;
            for (int i = 0; i < section.SectionVariables.Count; i++)
            {
                BtfSectionVariable entry = section.SectionVariables[i];
                BtfType variable = btf[entry.TypeId];
                entry.Offset.Should().BeGreaterThanOrEqualTo(end, $"{variable} in {section}");
                if (variable.Linkage == BtfLinkage.Global)
                    symbols.Single(s => s.Name == variable.Name.ToString()).Value.Should().Be(entry.Offset, variable.ToString());
                end = entry.Offset + entry.Size;
            }

            section.Size.Should().BeGreaterThanOrEqualTo(end);
        }
    }

    [Fact]
    public void No_type_is_there_twice_and_functions_have_the_linkage_of_their_definition()
    {
        BtfSpec btf = LinkFiles.Link(LinkFiles.Whole).Spec().Btf!;
        BtfDeduplicator.Deduplicate(btf).Spec.OwnTypeCount.Should().Be(btf.OwnTypeCount);
        Types(btf).Where(t => t.Kind == BtfKind.Func && t.Name == "scale").Select(t => t.Linkage).Should().Equal(BtfLinkage.Global);
        Types(btf).Where(t => t.Kind == BtfKind.Func && t.Name == "step").Select(t => t.Linkage).Should().Equal(BtfLinkage.Static);
        Types(btf).Where(t => t.Kind == BtfKind.Var && t.Name == "shared_total").Select(t => t.Linkage).Should().Equal(BtfLinkage.Global);
        Types(btf).Where(t => t.Kind == BtfKind.Struct && t.Name == "task_struct").Should().HaveCount(2, "the files know different members of it");
        Types(btf).Where(t => t.Kind == BtfKind.Func && t.Name == "scale").Should().OnlyContain(t => t.Target.Parameters[0].Name == "number");
    }

    [Fact]
    public void Function_information_names_each_function_where_it_begins()
    {
        BpfObjectSpec spec = LinkFiles.Link(LinkFiles.Whole).Spec();
        Dictionary<(string, uint), string> named = [];
        foreach (BtfExtSection<BtfFuncInfo> section in spec.BtfExt!.FuncInfo.Sections)
        {
            for (int i = 0; i < section.Count; i++)
            {
                (i == 0 || section[i].InstructionOffset > section[i - 1].InstructionOffset).Should().BeTrue("the kernel wants them in order");
                named.Add((section.SectionName.ToString(), section[i].InstructionOffset), spec.Btf![section[i].TypeId].Name.ToString());
            }
        }

        spec.Functions.Should().HaveCountGreaterThan(15);
        foreach (BpfFunction function in spec.Functions)
            named[(function.SectionName, (uint)function.SectionOffset * 8)].Should().Be(function.Name);
    }

    [Fact]
    public void Source_lines_and_CO_RE_relocations_stay_with_their_instructions()
    {
        LinkInput[] inputs = [.. LinkFiles.Whole.Select(name => LinkInput.Read(LinkFiles.PathOf(name)))];
        var layout = SectionLayout.Of(inputs, int.MaxValue);
        BpfObjectSpec whole = LinkFiles.Link(LinkFiles.Whole).Spec();
        string[] expected = [.. inputs.SelectMany(input => Records(input.Btf!, input.BtfExt!, section => layout[input.SectionNamed(section)!].Offset))];
        expected.Should().HaveCountGreaterThan(100);
        Records(whole.Btf!, whole.BtfExt!, _ => 0).Should().BeEquivalentTo(expected);
    }

    [Fact]
    public void In_two_steps_the_result_means_the_same()
    {
        ReadOnlyMemory<byte> once = LinkFiles.Link(LinkFiles.Whole).Data;
        BpfLinkResult first = LinkFiles.Link("main", "library");
        BpfLinkResult last = LinkFiles.Link("library", "more");
        ObjectMeaning.Differences(LinkFiles.LinkBytes(first.Data, LinkFiles.Bytes("more")).Data, once).Should().BeEmpty();
        ObjectMeaning.Differences(LinkFiles.LinkBytes(once).Data, once).Should().BeEmpty("linking one object changes nothing");

        // Here the second and the third file are aligned to each other before the first comes, so that places differ, and nothing else.
        ObjectMeaning.Differences(LinkFiles.LinkBytes(LinkFiles.Bytes("main"), last.Data).Data, once, ObjectMeaning.WithoutPlaces).Should().BeEmpty();
    }

    [Fact]
    public void Pointers_in_data_to_static_functions_move_with_them()
    {
        using ElfFile elf = LinkFiles.Link("library", "ops_two", "ops_static").Elf();
        ElfSymbolTable symbols = LinkFiles.SymbolsOf(elf);
        elf.TryGetSection(".struct_ops", out ElfSection section).Should().BeTrue();
        elf.TryGetSection(".rel.struct_ops", out ElfSection relocations).Should().BeTrue();
        ulong start = symbols.Single(s => s.Name == "ops_static").Value;
        foreach ((ulong member, string function) in new[] { (0ul, "static_first"), (16ul, "static_second") })
        {
            ElfRelocation relocation = relocations.ReadRelocations().Single(r => r.Offset == start + member);
            ulong place = symbols[(int)relocation.SymbolIndex].Value + BinaryPrimitives.ReadUInt64LittleEndian(section.ReadData().Span[(int)relocation.Offset..]);
            place.Should().Be(symbols.Single(s => s.Name == function).Value);
        }
    }

    [Fact]
    public void Big_endian_objects_are_linked_in_their_own_byte_order()
    {
        BpfLinkResult result = LinkFiles.Link("big_library", "big_main");
        using ElfFile elf = result.Elf();
        elf.Header.ByteOrder.Should().Be(ElfByteOrder.BigEndian);
        BpfObjectSpec spec = result.Spec();
        spec.Variables["shared_total"].InitialBytes.ToArray().Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);
        spec.Variables.Where(v => v.Name == "private_count").Select(v => BinaryPrimitives.ReadInt32BigEndian(v.InitialBytes)).Should().Equal(2, 1);
        ObjectMeaning.Differences(LinkFiles.LinkBytes(result.Data).Data, result.Data).Should().BeEmpty();

        // The program calls its own "step" by the section, in which that of the library comes first.
        ulong step = LinkFiles.SymbolsOf(elf).Where(s => s.Name == "step").Max(s => s.Value);
        step.Should().BePositive();
        ObjectMeaning.Of(result.Data).Should().Contain(line => line.StartsWith("relocation socket+", StringComparison.Ordinal) && line.EndsWith($" type 10 -> .text+{step}", StringComparison.Ordinal));
        spec.Relocate(new CoreTarget(spec.Btf!)).Succeeded.Should().BeTrue();
    }

    private static IEnumerable<string> Records(BtfSpec btf, BtfExt ext, Func<string, long> placeOf)
    {
        foreach (BtfExtSection<BtfLineInfo> section in ext.LineInfo.Sections)
        {
            for (int i = 0; i < section.Count; i++)
                yield return $"{section.SectionName}+{section[i].InstructionOffset + placeOf(section.SectionName.ToString())} {btf.GetString(section[i].FileNameOffset)}:{section[i].Line} {btf.GetString(section[i].LineOffset)}";
        }

        foreach (BtfExtSection<CoreRelocationRecord> section in ext.CoreRelocations.Sections)
        {
            for (int i = 0; i < section.Count; i++)
            {
                BtfType type = btf[section[i].TypeId];
                yield return $"{section.SectionName}+{section[i].InstructionOffset + placeOf(section.SectionName.ToString())} {section[i].Kind} {type.Name} of {type.Size} bytes {btf.GetString(section[i].AccessStringOffset)}";
            }
        }
    }

    private static IEnumerable<BtfType> Types(BtfSpec btf)
    {
        for (uint id = 1; id < btf.TypeCount; id++)
            yield return btf[new BtfTypeId(id)];
    }

    [Fact]
    public void Jump_tables_move_with_the_code_that_they_lead_to()
    {
        BpfLinkResult result = LinkFiles.LinkBytes(((string[])["globals", "user_ring", "jump_tables"]).Select(name => (ReadOnlyMemory<byte>)File.ReadAllBytes(TestData.PathOf($"testdata/bpf/{name}.bpf.o"))));
        BpfObjectSpec alone = BpfObjectSpec.Read(TestData.PathOf("testdata/bpf/jump_tables.bpf.o"));
        BpfObjectSpec linked = result.Spec();
        foreach (string name in (string[])["choose", "hundreds"])
        {
            BpfFunction function = linked.Functions.Single(f => f.Name == name);
            BpfFunction before = alone.Functions.Single(f => f.Name == name);
            function.SectionOffset.Should().BeGreaterThan(before.SectionOffset, "other code went before it");
            function.Instructions.Length.Should().Be(before.Instructions.Length);
        }

        // Entries that did not move would lead out of the functions, which reading refuses.
        LinkFiles.LinkBytes(result.Data).Spec().Programs.Should().Contain(p => p.Name == "choose_next");
    }
}
