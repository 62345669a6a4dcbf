using System.Buffers.Binary;

namespace P3Ebpf.Linker.Tests;

/// <summary>How symbols find their definitions, and which ones cannot.</summary>
public sealed class ResolutionTests
{
    [Fact]
    public void A_strong_definition_beats_weak_ones_wherever_it_stands()
    {
        foreach (string[] order in new[] { new[] { "main", "library" }, ["library", "main"] })
        {
            using ElfFile elf = LinkFiles.Link(order).Elf();
            ElfSymbol preferred = LinkFiles.SymbolsOf(elf).Single(s => s.Name == "preferred");
            (preferred.Binding, preferred.Size).Should().Be((ElfSymbolBinding.Global, 16ul), "that of library.bpf.c has two instructions");
        }
    }

    [Fact]
    public void Of_weak_definitions_the_first_counts_and_stays_weak()
    {
        using ElfFile input = ElfFile.Open(LinkFiles.PathOf("library"));
        ulong size = LinkFiles.SymbolsOf(input).Single(s => s.Name == "fallback").Size;
        using ElfFile elf = LinkFiles.Link("library", "main", "more").Elf();
        ElfSymbol fallback = LinkFiles.SymbolsOf(elf).Single(s => s.Name == "fallback");
        (fallback.Binding, fallback.Size).Should().Be((ElfSymbolBinding.Weak, size));
    }

    [Fact]
    public void What_one_file_hides_is_hidden_and_static_functions_of_one_name_stay_apart()
    {
        using ElfFile elf = LinkFiles.Link(LinkFiles.Whole).Elf();
        ElfSymbolTable symbols = LinkFiles.SymbolsOf(elf);
        symbols.Single(s => s.Name == "hidden_step").Visibility.Should().Be(ElfSymbolVisibility.Hidden);
        symbols.Where(s => s.Name == "step").Select(s => s.Value).Should().HaveCount(3).And.OnlyHaveUniqueItems();
        symbols.Where(s => s.Name == "step").Should().OnlyContain(s => s.Binding == ElfSymbolBinding.Local);
    }

    [Fact]
    public void Local_symbols_come_first_and_the_table_says_where_the_others_begin()
    {
        using ElfFile elf = LinkFiles.Link(LinkFiles.Whole).Elf();
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        ElfSymbolTable symbols = table.ReadSymbols();
        symbols.TakeWhile(s => s.Binding == ElfSymbolBinding.Local).Should().HaveCount((int)table.Info);
        symbols.Skip((int)table.Info).Should().OnlyContain(s => s.Binding != ElfSymbolBinding.Local);
    }

    [Fact]
    public void Declarations_of_one_symbol_of_the_kernel_become_one()
    {
        BpfObjectSpec spec = LinkFiles.Link("main", "library", "more", "ksym_again").Spec();
        spec.Externs.Select(e => (e.Name, e.IsWeak)).Should().BeEquivalentTo([("LINUX_KERNEL_VERSION", false), ("no_such_symbol", true)]);
    }

    [Fact]
    public void What_no_file_defines_is_told_and_can_be_linked_later()
    {
        BpfLinkResult half = LinkFiles.Link("main");
        half.Unresolved.Should().BeEquivalentTo("scale", "hidden_step", "shared_total", "shared_sample", "library_limit");
        LinkFiles.LinkBytes(half.Data, LinkFiles.Bytes("library")).Unresolved.Should().BeEmpty();
    }

    [Theory]
    [InlineData("library", "other_symbol", BpfLinkErrorCode.DuplicateSymbol, "scale", ".text", "so does")]
    [InlineData("library", "other_type", BpfLinkErrorCode.TypeMismatch, "shared_total", null, "int unsigned int of 4 bytes against int unsigned long long of 8")]
    [InlineData("library", "other_function", BpfLinkErrorCode.TypeMismatch, "hidden_step", null, "2 parameters against 1")]
    [InlineData("main", "other_map", BpfLinkErrorCode.TypeMismatch, "sums", null, "the maps differ in 'max_entries'")]
    [InlineData("library", "other_section", BpfLinkErrorCode.SectionMismatch, "shared_total", null, "declared to be in .ksyms")]
    [InlineData("main", "other_license", BpfLinkErrorCode.ContentMismatch, null, "license", "differs")]
    [InlineData("main", "big_library", BpfLinkErrorCode.ByteOrderMismatch, null, null, "big-endian")]
    public void What_does_not_go_together_is_refused_with_both_files_named(string one, string other, BpfLinkErrorCode code, string? symbol, string? section, string words)
    {
        foreach ((string first, string second) in new[] { (one, other), (other, one) })
        {
            BpfLinkException error = FluentActions.Invoking(() => LinkFiles.Link(first, second)).Should().Throw<BpfLinkException>().Which;
            (error.Code, error.Symbol).Should().Be((code, symbol));
            new[] { error.File, error.OtherFile }.Should().BeEquivalentTo([LinkFiles.PathOf(one), LinkFiles.PathOf(other)]);
            error.Hint.Should().NotBeNullOrEmpty();
            if (first != one)
                continue;
            error.Section.Should().Be(section);
            error.Message.Should().Contain(words).And.StartWith(LinkFiles.PathOf(other));
        }
    }

    [Fact]
    public void A_definition_without_types_cannot_be_compared()
    {
        BpfLinkException error = FluentActions.Invoking(() => LinkFiles.LinkBytes(LinkFiles.Bytes("main"), WithoutTypes(LinkFiles.Bytes("library"))))
            .Should().Throw<BpfLinkException>().Which;
        (error.Code, error.File).Should().Be((BpfLinkErrorCode.MissingTypes, "object 1"));
    }

    [Fact]
    public void Nothing_and_what_is_no_object_cannot_be_linked()
    {
        FluentActions.Invoking(() => new BpfLinker().Link()).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => LinkFiles.LinkBytes("no object"u8.ToArray())).Should().Throw<ElfFormatException>();
        BpfLinkException error = FluentActions.Invoking(() => new BpfLinker().Add(typeof(BpfLinker).Assembly.Location.Replace("P3Ebpf.Linker.dll", "P3Ebpf.Linker.Tests", StringComparison.Ordinal)))
            .Should().Throw<BpfLinkException>("the test's own executable is ELF").Which;
        error.Code.Should().Be(BpfLinkErrorCode.NotABpfObject);
    }

    [Fact]
    public void A_failure_leaves_the_old_output_as_it_was()
    {
        string directory = Directory.CreateTempSubdirectory("p3ebpf-link").FullName;
        try
        {
            string output = Path.Combine(directory, "linked.o");
            File.WriteAllText(output, "old");
            FluentActions.Invoking(() => BpfLinker.Link([LinkFiles.PathOf("library"), LinkFiles.PathOf("other_symbol")], output)).Should().Throw<BpfLinkException>();
            File.ReadAllText(output).Should().Be("old");
            BpfLinkResult result = BpfLinker.Link(LinkFiles.Whole.Select(LinkFiles.PathOf), output);
            File.ReadAllBytes(output).Should().Equal(result.Data.ToArray());
            Directory.GetFiles(directory).Should().Equal(output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Makes .BTF a section without bytes.</summary>
    private static byte[] WithoutTypes(byte[] file)
    {
        const byte NoBits = 8;
        byte[] changed = [.. file];
        using ElfFile elf = ElfFile.Parse(file);
        elf.TryGetSection(".BTF", out ElfSection section).Should().BeTrue();
        changed[BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(40)) + (64 * section.Index) + 4] = NoBits;
        return changed;
    }
}
