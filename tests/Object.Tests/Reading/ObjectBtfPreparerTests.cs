namespace P3Ebpf.Object.Tests;

/// <summary>What becomes of an object's types before the kernel gets them: those of a test's own, beside the sections and symbols of a real object.</summary>
public sealed class ObjectBtfPreparerTests
{
    private static (BtfSpec Given, string? Warning) Prepare(BtfBuilder types, Action<PatchedObject>? change = null)
    {
        using var file = new PatchedObject("globals");
        change?.Invoke(file);
        using ElfFile elf = file.ToElf();
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        BtfSpec own = types.ToSpec();

        PreparedBtf prepared = ObjectBtfPreparer.Prepare(own, elf, new ObjectSymbols(table.ReadSymbols()));

        BtfSpec given = BtfSpec.Parse(prepared.Bytes);
        given.OwnTypeCount.Should().Be(own.OwnTypeCount);
        given.Header.Should().Be(own.Header, "every id and every offset stays");
        return (given, prepared.Warning);
    }

    private static IEnumerable<string> Members(BtfType structure)
    {
        foreach (BtfMember member in structure.Members)
            yield return $"{member.Name}:{structure.Spec[member.TypeId].Name}:{member.BitOffset}";
    }

    private static IEnumerable<string> Variables(BtfType section)
    {
        foreach (BtfSectionVariable variable in section.SectionVariables)
            yield return $"{section.Spec[variable.TypeId].Name}:{variable.Offset}:{variable.Size}";
    }

    [Fact]
    public void Sections_get_their_size_and_variables_their_places()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("u64", 8);
        BtfTypeId counter = types.AddVar("counter", number, BtfLinkage.Global), range = types.AddVar("range", number, BtfLinkage.Global);
        BtfTypeId unknown = types.AddVar("unknown", number, BtfLinkage.Global), local = types.AddVar("range", number, BtfLinkage.Static);
        BtfTypeId data = types.AddDataSec(".data", 0, new(range, 0, 8), new(counter, 0, 8), new(unknown, 3, 8), new(local, 9, 4));
        BtfTypeId other = types.AddDataSec(".no_such_section", 5, new BtfSectionVariable(counter, 7, 8));

        (BtfSpec given, string? warning) = Prepare(types, file => file.Symbol("counter", value: 8).Symbol("range", value: 0));

        warning.Should().BeNull();
        given[data].Size.Should().Be(16, "that is how long the section of the file is");
        Variables(given[data]).Should().Equal("range:0:8", "unknown:3:8", "counter:8:8", "range:9:4");
        given[given[data].SectionVariables[3].TypeId].Linkage.Should().Be(BtfLinkage.Static, "the compiler knows where that one is");
        given[other].Size.Should().Be(5);
        Variables(given[other]).Should().Equal("counter:7:8");
    }

    [Theory]
    [InlineData(ElfSymbolVisibility.Default, BtfLinkage.Global)]
    [InlineData(ElfSymbolVisibility.Protected, BtfLinkage.Global)]
    [InlineData(ElfSymbolVisibility.Hidden, BtfLinkage.Static)]
    [InlineData(ElfSymbolVisibility.Internal, BtfLinkage.Static)]
    public void What_is_hidden_becomes_static(ElfSymbolVisibility visibility, BtfLinkage linkage)
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("u64", 8);
        BtfTypeId counter = types.AddVar("counter", number, BtfLinkage.Global), range = types.AddVar("range", number, BtfLinkage.Global);
        _ = types.AddDataSec(".data", 0, new(counter, 0, 8), new(range, 0, 8));
        BtfTypeId prototype = types.AddFuncProto(number);
        BtfTypeId times = types.AddFunc("times", prototype, BtfLinkage.Global), local = types.AddFunc("times", prototype, BtfLinkage.Static);
        BtfTypeId compute = types.AddFunc("compute", prototype, BtfLinkage.Global), named = types.AddTypedef("times", number);

        (BtfSpec given, _) = Prepare(types, file => file.Symbol("counter", visibility: visibility).Symbol("times", visibility: visibility));

        given[counter].Linkage.Should().Be(linkage);
        given[range].Linkage.Should().Be(BtfLinkage.Global);
        (given[times].Linkage, given[times].TargetId).Should().Be((linkage, prototype));
        given[compute].Linkage.Should().Be(BtfLinkage.Global);
        given[local].Linkage.Should().Be(BtfLinkage.Static);
        given[named].Kind.Should().Be(BtfKind.Typedef);
    }

    [Fact]
    public void Externs_become_types_of_the_same_length_that_every_kernel_knows()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("long", 8, BtfIntEncoding.Signed);
        BtfTypeId prototype = types.AddFuncProto(number, new BtfParameter(default, number));
        BtfTypeId function = types.AddFunc("lent", prototype, BtfLinkage.Extern);
        BtfTypeId variable = types.AddVar("seen", number, BtfLinkage.Extern);
        BtfTypeId symbols = types.AddDataSec(".ksyms", 0, new(function, 0, 0), new(variable, 0, 0), new(function, 0, 0));
        BtfTypeId functions = types.AddFunc("other", prototype, BtfLinkage.Extern);
        BtfTypeId configuration = types.AddDataSec(".kconfig", 0, new(functions, 0, 0), new(functions, 0, 0));

        (BtfSpec given, _) = Prepare(types);

        (given[function].Kind, given[function].TargetId, given[function].Vlen).Should().Be((BtfKind.Typedef, prototype, 0u));
        (given[variable].Kind, given[variable].Size, given[variable].Int).Should().Be((BtfKind.Int, 4u, new BtfInt(32)));
        (given[symbols].Kind, given[symbols].Name.IsEmpty, given[symbols].Size).Should().Be((BtfKind.Struct, true, 12u));
        Members(given[symbols]).Should().Equal(":seen:0", ":seen:32", ":seen:64");
        given[functions].Kind.Should().Be(BtfKind.Typedef);
        (given[configuration].Kind, given[configuration].Size).Should().Be((BtfKind.Struct, 16u));
        Members(given[configuration]).Should().Equal([":long:0", ":long:64"], "without a variable the first integer of the object serves");
    }

    [Fact]
    public void Signed_characters_are_signed_numbers_for_the_kernel()
    {
        var types = new BtfBuilder();
        BtfTypeId both = types.AddInt("char", 1, BtfIntEncoding.Signed | BtfIntEncoding.Char);
        BtfTypeId character = types.AddInt("unsigned char", 1, BtfIntEncoding.Char);
        BtfTypeId part = types.AddInt("bits", 4, BtfIntEncoding.Signed | BtfIntEncoding.Char, bitCount: 5, bitOffset: 3);

        (BtfSpec given, _) = Prepare(types);

        given[both].Int.Should().Be(new BtfInt(0x0100_0008));
        given[character].Int.Encoding.Should().Be(BtfIntEncoding.Char);
        given[part].Int.Should().Be(new BtfInt(0x0103_0005));
    }

    /// <summary>A name of each sort, as Rust and Zig spell them.</summary>
    private static BtfBuilder ForeignNames()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("unsigned int<32>", 4);
        _ = types.AddStruct("Option<u8>", 8, new BtfMember("f<0>,1", number, 0, 0), new BtfMember("1st", number, 32, 0));
        _ = types.AddUnion("Union<>", 4, new BtfMember("a b", number, 0, 0), new BtfMember("core.fmt", number, 0, 0));
        _ = types.AddEnum("9state", 4, isSigned: false, ("R-D", 0), ("R-E", 1));
        _ = types.AddEnum64("Wide*", 8, isSigned: false, ("BIG*", 0), ("BIG+", 1));
        _ = types.AddFwd("Declared*");
        _ = types.AddTypedef("type*", number);
        BtfTypeId prototype = types.AddFuncProto(number, new BtfParameter("a#1", number), new BtfParameter("a#2", number));
        BtfTypeId function = types.AddFunc("fn<x>", prototype, BtfLinkage.Static);
        BtfTypeId variable = types.AddVar("var*", number, BtfLinkage.Static);
        _ = types.AddDataSec(".data.*", 4, new BtfSectionVariable(variable, 0, 4));
        _ = types.AddDeclTag("tag*", function);
        _ = types.AddPtr(types.AddTypeTag("tag<x>", number));
        _ = types.AddTypedef("r_d", number);
        return types;
    }

    private static IEnumerable<string> Names(BtfSpec spec)
    {
        foreach (BtfType type in spec.OwnTypes)
        {
            if (!type.Name.IsEmpty)
                yield return type.Name.ToString();
            for (int i = 0; i < type.Vlen; i++)
            {
                if (type.IsComposite)
                    yield return "." + type.Members[i].Name;
                else if (type.IsAnyEnum)
                    yield return "=" + type.Enumerators[i].Name;
                else if (type.Kind == BtfKind.FuncProto)
                    yield return "(" + type.Parameters[i].Name;
            }
        }
    }

    [Fact]
    public void Names_that_C_does_not_know_are_respelt_wherever_the_kernel_looks()
    {
        (BtfSpec given, string? warning) = Prepare(ForeignNames());

        Names(given).Should().Equal(
            "unsigned int<32>", "Option_u8_", ".f_0__1", "._st", "Union__", ".a_b", ".core.fmt", "_state", "=R_D", "=R_E", "Wide_", "=BIG_", "=BIG_", "Declared_", "type_", "(a_1", "(a_2",
            "fn_x_", "var_", ".data.*", "tag*", "tag<x>", "r_d");
        warning.Should().Be("its BTF names 'Option<u8>' and 16 more, which the kernel refuses: it is given '_' for each character that C does not allow in names");
    }

    [Fact]
    public void A_single_name_is_told_alone()
    {
        var types = new BtfBuilder();
        _ = types.AddTypedef("name<0>", types.AddInt("int", 4));
        _ = types.AddTypedef("name<0>", types.AddInt("long", 8));

        (BtfSpec given, string? warning) = Prepare(types);

        warning.Should().StartWith("its BTF names 'name<0>', which the kernel refuses");
        Names(given).Should().Equal("int", "name_0_", "long", "name_0_");
    }

    [Fact]
    [Trait("Needs", "Kernel")]
    public void The_kernel_takes_what_was_respelt()
    {
        Requires.Kernel("6.0", "64-bit enumerations");
        BpfSystemCall.LoadBtf(ForeignNames().ToArray(), out _).Should().NotBe(0);
        int error = BpfSystemCall.LoadBtf(Prepare(ForeignNames()).Given.Data.ToArray(), out string log);
        error.Should().Be(0, log);
    }
}
