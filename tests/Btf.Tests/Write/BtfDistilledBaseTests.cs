namespace P3Ebpf.Btf.Tests;

public class BtfDistilledBaseTests
{
    [Fact]
    public void Puts_a_module_onto_its_kernel()
    {
        BtfSpec vmlinux = CapturedBtf.Read("vmlinux-7.2.13-amd64");
        BtfSpec original = BtfSpec.Parse(TestData.Btf("mod-7.2.13-amd64.nf_conntrack"), new BtfReadOptions { Base = vmlinux });
        BtfSpec distilled = CapturedBtf.Read("distilled-7.2.13-nf_conntrack", "distilled-7.2.13-nf_conntrack.base");

        BtfSpec relocated = BtfDistilledBase.Relocate(distilled, vmlinux);

        relocated.Base.Should().BeSameAs(vmlinux);
        relocated.OwnTypeCount.Should().Be(distilled.OwnTypeCount);
        BtfComparison.Compare(original, relocated).Differences.Should().BeEmpty();
        relocated.TryFind("nf_ct_iter_data", BtfKind.Struct, out BtfType type).Should().BeTrue();
        relocated[relocated[type.Members[0].TypeId].TargetId].Should().Be(vmlinux[Find(vmlinux, "net", BtfKind.Struct)]);
    }

    [Fact]
    public void Refuses_another_kernel()
    {
        BtfSpec distilled = CapturedBtf.Read("distilled-7.2.13-nf_conntrack", "distilled-7.2.13-nf_conntrack.base");

        FluentActions.Invoking(() => BtfDistilledBase.Relocate(distilled, CapturedBtf.Read("vmlinux-5.10.0-46-cloud-amd64")))
            .Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.BadDistilledBase);
    }

    // What a distilled type may turn into: struct "s" of 8 bytes, only pointed to or embedded, against what the kernel has.
    [Theory]
    [InlineData(BtfKind.Struct, false, "struct 16", 1u)]
    [InlineData(BtfKind.Struct, true, "struct 16", 0u)]
    [InlineData(BtfKind.Struct, true, "struct 16, struct 8", 2u)]
    [InlineData(BtfKind.Struct, false, "struct 16, struct 8", 2u)]
    [InlineData(BtfKind.Struct, false, "struct 8, struct 8", 0u)]
    [InlineData(BtfKind.Struct, false, "union 8", 0u)]
    [InlineData(BtfKind.Fwd, false, "union 8, struct 8", 2u)]
    [InlineData(BtfKind.Fwd, false, "declared 0, struct 8", 2u)]
    [InlineData(BtfKind.Fwd, false, "declared 0, struct 8, struct 16", 1u)]
    [InlineData(BtfKind.Fwd, false, "struct 8, struct 16", 0u)]
    [InlineData(BtfKind.Enum, false, "enum 8", 1u)]
    [InlineData(BtfKind.Enum, false, "enum 4", 0u)]
    public void Matches_by_name_kind_and_where_it_matters_size(BtfKind kind, bool embedded, string kernelTypes, uint expected)
    {
        var kernel = new BtfBuilder();
        foreach (string text in kernelTypes.Split(", "))
        {
            uint size = uint.Parse(text.Split(' ')[1], null);
            _ = text.Split(' ')[0] switch
            {
                "struct" => kernel.AddStruct("s", size),
                "union" => kernel.AddUnion("s", size),
                "declared" => kernel.AddFwd("s"),
                _ => kernel.AddEnum64("s", size, false, ("VALUE", 1)),
            };
        }

        var distilled = new BtfBuilder();
        BtfTypeId id = kind switch
        {
            BtfKind.Struct => distilled.AddStruct("s", 8),
            BtfKind.Fwd => distilled.AddFwd("s"),
            _ => distilled.AddEnum("s", 8, false),
        };
        var split = new BtfBuilder(distilled.ToSpec());
        BtfTypeId use = embedded ? split.AddStruct("user", 8, new BtfMember("s", id, 0, 0)) : split.AddPtr(id);
        BtfSpec spec = split.ToSpec();
        BtfSpec newBase = kernel.ToSpec();

        Func<BtfSpec> relocate = () => BtfDistilledBase.Relocate(spec, newBase);

        if (expected == 0)
        {
            relocate.Should().Throw<BtfFormatException>().WithMessage("*s:*").Which.Code.Should().Be(BtfErrorCode.BadDistilledBase);
            return;
        }

        BtfSpec relocated = relocate();
        BtfType user = relocated[new BtfTypeId(use.Value - spec.FirstId.Value + newBase.TypeCount)];
        (embedded ? user.Members[0].TypeId : user.TargetId).Value.Should().Be(expected);
    }

    /// <summary>The types of a distilled base and of a kernel by their kind, size and what tells them apart.</summary>
    private static BtfTypeId Add(BtfBuilder types, string text)
    {
        string[] words = text.Split(' ');
        uint size = uint.Parse(words[1], null);
        return words[0] switch
        {
            "int" => types.AddInt("s", size),
            "signed" => types.AddInt("s", size, BtfIntEncoding.Signed),
            "float" => types.AddFloat("s", size),
            "enum" => types.AddEnum("s", size, false, ("A", 1)),
            "enum64" => types.AddEnum64("s", size, false, ("A", 1)),
            "struct" => types.AddStruct("s", size),
            "anonymous" => types.AddStruct(default, size),
            "declared_union" => types.AddFwd("s", BtfKind.Union),
            "declared" => types.AddFwd("s"),
            "union" => types.AddUnion("s", size),
            _ => types.AddTypedef("s", types.AddInt("int", size)),
        };
    }

    [Theory]
    [InlineData("int 4", "int 4", null)]
    [InlineData("int 4", "int 8", "*int s: the kernel's BTF has no such type of 4 bytes: the module was built for another kernel*")]
    [InlineData("int 4", "signed 4", "*int s: the kernel's BTF has no such type of 4 bytes*")]
    [InlineData("int 4", "float 4", "*no such type of 4 bytes*")]
    [InlineData("float 8", "float 8", null)]
    [InlineData("float 8", "float 4", "*float s: the kernel's BTF has no such type of 8 bytes*")]
    [InlineData("enum 4", "enum64 4", null)]
    [InlineData("enum64 4", "enum 4", null)]
    [InlineData("enum 4", "int 4", "*enum s: *no such type of 4 bytes*")]
    [InlineData("union 8", "struct 8", "*union s: *no such type of 8 bytes*")]
    [InlineData("union 8", "union 8", null)]
    [InlineData("declared 0", "struct 8", null)]
    [InlineData("declared 0", "union 8", "*struct (forward) s: the kernel's BTF has no such type: the module was built for another kernel*")]
    [InlineData("declared_union 0", "union 8", null)]
    [InlineData("declared_union 0", "declared_union 0", null)]
    [InlineData("declared_union 0", "declared 0", "*union (forward) s: the kernel's BTF has no such type: *")]
    [InlineData("declared 0", "struct 8, struct 8", "*the kernel's BTF has 2 such types, [1] and [2] among them*")]
    [InlineData("struct 8", "struct 8, struct 8, struct 8", "*the kernel's BTF has 3 such types, [1] and [2] among them*")]
    [InlineData("anonymous 8", "struct 8", "*a distilled base holds only named INT, FLOAT, FWD, ENUM, STRUCT and UNION, but has this type*")]
    [InlineData("typedef 4", "typedef 4", "*a distilled base holds only named INT*")]
    public void Only_what_is_the_same_stands_for_a_distilled_type(string distilledType, string kernelTypes, string? refusal)
    {
        var kernel = new BtfBuilder();
        foreach (string text in kernelTypes.Split(", "))
            _ = Add(kernel, text);
        var distilled = new BtfBuilder();
        BtfTypeId id = Add(distilled, distilledType);
        var split = new BtfBuilder(distilled.ToSpec());
        BtfTypeId pointer = split.AddPtr(id), alias = split.AddTypedef("alias", pointer);
        BtfSpec spec = split.ToSpec("module"), newBase = kernel.ToSpec();

        Func<BtfSpec> relocate = () => BtfDistilledBase.Relocate(spec, newBase);

        if (refusal is not null)
        {
            relocate.Should().Throw<BtfFormatException>().WithMessage(refusal).Which.TypeId.Value.Should().BeGreaterThan(0);
            return;
        }

        BtfSpec relocated = relocate();
        (relocated.Source, relocated.OwnTypeCount, relocated.FirstId.Value).Should().Be(("module", 2, newBase.TypeCount));
        relocated[new BtfTypeId(alias.Value - spec.FirstId.Value + newBase.TypeCount)].Target.TargetId.Value.Should().Be(1);
    }

    [Theory]
    [InlineData("typedef")]
    [InlineData("array")]
    [InlineData("const array of typedef")]
    [InlineData("pointer")]
    public void What_is_embedded_must_have_its_size(string how)
    {
        var kernel = new BtfBuilder();
        _ = kernel.AddStruct("s", 16);
        var distilled = new BtfBuilder();
        BtfTypeId id = distilled.AddStruct("s", 8);
        var split = new BtfBuilder(distilled.ToSpec());
        BtfTypeId number = split.AddInt("index", 4);
        BtfTypeId part = how switch
        {
            "typedef" => split.AddTypedef("t", id),
            "array" => split.AddArray(id, number, 3),
            "pointer" => split.AddPtr(id),
            _ => split.AddConst(split.AddArray(split.AddTypedef("t", id), number, 3)),
        };
        _ = split.AddUnion("user", 32, new BtfMember("number", number, 0, 0), new BtfMember("part", part, 0, 0));

        Func<BtfSpec> relocate = () => BtfDistilledBase.Relocate(split.ToSpec(), kernel.ToSpec());

        if (how == "pointer")
            relocate.Should().NotThrow();
        else
            relocate.Should().Throw<BtfFormatException>().WithMessage("*struct s: the kernel's BTF has no such type of 8 bytes*");
    }

    [Fact]
    public void Only_split_BTF_has_a_base_to_exchange()
    {
        BtfSpec whole = new BtfBuilder().ToSpec();
        FluentActions.Invoking(() => BtfDistilledBase.Relocate(whole, whole)).Should().Throw<ArgumentException>().WithMessage("The BTF has no base.*").WithParameterName("split");
        FluentActions.Invoking(() => BtfDistilledBase.Relocate(null!, whole)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => BtfDistilledBase.Relocate(whole, null!)).Should().Throw<ArgumentNullException>();
    }

    private static BtfTypeId Find(BtfSpec spec, string name, BtfKind kind) => spec.TryFind(name, kind, out BtfType type) ? type.Id : default;
}
