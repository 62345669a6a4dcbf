namespace P3Ebpf.Object.Tests;

/// <summary>The three undefined symbols of an object (LINUX_KERNEL_VERSION, and CONFIG_NO_SUCH_OPTION and no_such_symbol, which are weak), declared in one way after the other.</summary>
public sealed class ExternReaderTests
{
    private const string Version = "LINUX_KERNEL_VERSION", Option = "CONFIG_NO_SUCH_OPTION", Symbol = "no_such_symbol";

    private static BpfExternSpec[] Read(Func<BtfBuilder, BtfTypeId> version, Func<BtfBuilder, BtfTypeId> option, Func<BtfBuilder, BtfTypeId>? symbol = null)
    {
        var builder = new BtfBuilder();
        BtfTypeId Declared(string name, Func<BtfBuilder, BtfTypeId> type) => builder.AddVar(name, type(builder), BtfLinkage.Extern);
        _ = builder.AddDataSec(".kconfig", 0, new BtfSectionVariable(Declared(Version, version), 0, 0), new BtfSectionVariable(Declared(Option, option), 0, 0));
        BtfTypeId function = builder.AddFuncProto(default);
        _ = builder.AddDataSec(".ksyms", 0, new BtfSectionVariable(symbol is null ? builder.AddFunc(Symbol, function, BtfLinkage.Extern) : Declared(Symbol, symbol), 0, 0));
        using ElfFile elf = ElfFile.Parse(ObjectFile.Bytes("globals"));
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        return [.. new ExternReader(builder.ToSpec(), "object.o").Read(table.ReadSymbols())];
    }

    private static BtfTypeId Int(BtfBuilder btf, uint size, BtfIntEncoding encoding = BtfIntEncoding.None) => btf.AddInt($"int{size}", size, encoding);

    public static TheoryData<string, Func<BtfBuilder, BtfTypeId>, string, int, bool> ConfigTypes => new()
    {
        { "bool", btf => Int(btf, 1, BtfIntEncoding.Bool), "Bool", 1, false },
        { "char", btf => Int(btf, 1, BtfIntEncoding.Char), "Char", 1, false },
        { "signed char", btf => Int(btf, 1, BtfIntEncoding.Signed), "Char", 1, true },
        { "2 bytes", btf => Int(btf, 2), "Integer", 2, false },
        { "4 bytes", btf => Int(btf, 4, BtfIntEncoding.Signed), "Integer", 4, true },
        { "8 bytes", btf => btf.AddTypedef("u64", btf.AddConst(Int(btf, 8))), "Integer", 8, false },
        { "tristate", btf => btf.AddEnum("libbpf_tristate", 4, false, ("TRI_NO", 0)), "Tristate", 4, false },
        { "wide tristate", btf => btf.AddEnum64("libbpf_tristate", 8, false, ("TRI_NO", 0)), "Tristate", 8, false },
        { "text", btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), 12), "Text", 12, false },
        { "the longest text", btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), ushort.MaxValue), "Text", ushort.MaxValue, false },
    };

    [Theory]
    [MemberData(nameof(ConfigTypes))]
    public void A_value_of_the_configuration_has_one_of_these_types(string name, Func<BtfBuilder, BtfTypeId> type, string expected, int size, bool isSigned)
    {
        BpfExternSpec option = Read(btf => Int(btf, 4), type).Single(item => item.Name == Option);

        option.ConfigType.ToString().Should().Be(expected, name);
        (option.Kind, option.Size, option.IsSigned, option.IsWeak).Should().Be((BpfExternKind.KernelConfig, size, isSigned, true));
    }

    public static TheoryData<string, Func<BtfBuilder, BtfTypeId>> OtherTypes => new()
    {
        { "a bool of four bytes", btf => Int(btf, 4, BtfIntEncoding.Bool) },
        { "an integer of 16 bytes", btf => Int(btf, 16) },
        { "another enum", btf => btf.AddEnum("tristate", 4, false, ("TRI_NO", 0)) },
        { "a tristate of one byte", btf => btf.AddEnum("libbpf_tristate", 1, false, ("TRI_NO", 0)) },
        { "a text without length", btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), 0) },
        { "an array of numbers", btf => btf.AddArray(Int(btf, 2), Int(btf, 4), 3) },
        { "an array of bool", btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Bool), Int(btf, 4), 3) },
        { "an array of texts", btf => btf.AddArray(btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), 3), Int(btf, 4), 3) },
        { "a pointer", btf => btf.AddPtr(Int(btf, 4)) },
    };

    [Theory]
    [MemberData(nameof(OtherTypes))]
    public void Other_types_are_refused_with_those_that_are_possible(string name, Func<BtfBuilder, BtfTypeId> type)
    {
        BpfObjectFormatException refusal = FluentActions.Invoking(() => Read(btf => Int(btf, 4), type)).Should().Throw<BpfObjectFormatException>(name).Which;

        refusal.Message.Should().Contain($"'{Option}' has a type that no kernel configuration value has");
        refusal.Section.Should().Be(".kconfig");
        refusal.Hint.Should().Contain("enum libbpf_tristate");
    }

    [Fact]
    public void A_text_that_no_value_fills_is_refused() =>
        FluentActions.Invoking(() => Read(btf => Int(btf, 4), btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), ushort.MaxValue + 1u)))
            .Should().Throw<BpfObjectFormatException>().WithMessage("*'CONFIG_NO_SUCH_OPTION' of 65536 bytes is longer than*");

    [Fact]
    public void The_largest_alignment_comes_first_and_then_the_smallest_size()
    {
        static string Places(Func<BtfBuilder, BtfTypeId> version, Func<BtfBuilder, BtfTypeId> option) =>
            string.Join(' ', Read(version, option).Where(item => item.Kind == BpfExternKind.KernelConfig).Select(item => $"{item.Name[0]}:{item.ConfigOffset}:{item.Alignment}"));

        Places(btf => Int(btf, 1, BtfIntEncoding.Bool), btf => Int(btf, 8)).Should().Be("C:0:8 L:8:1");
        Places(btf => Int(btf, 8), btf => Int(btf, 4)).Should().Be("L:0:8 C:8:4");
        Places(btf => Int(btf, 4), btf => Int(btf, 4)).Should().Be("C:0:4 L:4:4");
        Places(btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), 5), btf => Int(btf, 1, BtfIntEncoding.Bool)).Should().Be("C:0:1 L:1:1");
        Places(btf => Int(btf, 1, BtfIntEncoding.Bool), btf => btf.AddArray(Int(btf, 1, BtfIntEncoding.Char), Int(btf, 4), 5)).Should().Be("L:0:1 C:1:1");
    }

    [Fact]
    public void Symbols_of_the_kernel_are_functions_variables_or_addresses()
    {
        static BpfExternSpec Of(Func<BtfBuilder, BtfTypeId>? type) => Read(btf => Int(btf, 4), btf => Int(btf, 4), type)[^1];

        Of(null).Should().BeEquivalentTo(new { Name = Symbol, Kind = BpfExternKind.KernelFunction, IsWeak = true });
        Of(btf => Int(btf, 4)).Kind.Should().Be(BpfExternKind.KernelVariable);
        Of(btf => btf.AddConst(BtfTypeId.Void)).Kind.Should().Be(BpfExternKind.SymbolAddress);
        Read(btf => Int(btf, 4), btf => Int(btf, 4)).Select(item => item.Name).Should().Equal(Option, Version, Symbol);
    }
}
