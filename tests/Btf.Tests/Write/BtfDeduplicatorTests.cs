namespace P3Ebpf.Btf.Tests;

public class BtfDeduplicatorTests
{
    // INT PTR ARRAY STRUCT UNION ENUM FWD TYPEDEF VOLATILE CONST RESTRICT FUNC FUNC_PROTO VAR DATASEC FLOAT DECL_TAG TYPE_TAG ENUM64,
    // as libbpf's btf__dedup leaves them.
    [Theory]
    [InlineData("dedup/a dedup/b dedup/c dedup/d", 147, "7 14 4 10 2 1 2 4 1 1 0 4 6 13 5 1 0 0 1")]
    [InlineData("dedup/d dedup/c dedup/b dedup/a", 147, "7 14 4 10 2 1 2 4 1 1 0 4 6 13 5 1 0 0 1")]
    [InlineData("dedup/a dedup/d", 52, "5 11 3 7 1 1 4 3 1 1 0 2 3 5 2 1 0 0 1")]
    [InlineData("dedup/uapi1 dedup/uapi2 dedup/uapi3", 261, "8 9 14 62 32 1 1 9 0 0 0 3 3 25 3 0 0 0 0")]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64 vmlinux-5.10.0-46-cloud-amd64", 155656, "16 10469 2574 7313 1273 1463 90 1677 26 2108 2 32447 18276 0 0 0 0 0 0")]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64 vmlinux-6.1.0-56-cloud-amd64", 173074, "18 18536 4243 12092 2373 2070 131 2765 29 3712 4 66081 37433 356 1 1 0 0 8")]
    public void Leaves_as_many_types_as_libbpf(string parts, int before, string kinds)
    {
        BtfSpec merged = Merge(null, [.. parts.Split(' ').Select(part => CapturedBtf.Read(part))]);
        merged.OwnTypeCount.Should().Be(before);

        BtfDeduplication result = BtfDeduplicator.Deduplicate(merged);

        CountKinds(result.Spec).Should().Be(kinds);
        CheckMapping(merged, result);
    }

    // Functions that vmlinux has too fold into its own; variables, sections and tags of functions written twice stay.
    [Theory]
    [InlineData("mod-7.2.13-amd64.bridge mod-7.2.13-amd64.nf_conntrack mod-7.2.13-amd64.bridge", 5635, "0 159 23 61 2 60 0 1 0 60 0 910 460 0 0 0 10 0 0")]
    [InlineData("vmlinux-7.2.13-amd64", 124639, "0 0 0 0 0 0 0 0 0 0 0 17 0 426 1 0 17 0 0")]
    public void Folds_split_BTF_into_its_base(string parts, int before, string kinds)
    {
        BtfSpec vmlinux = CapturedBtf.Read("vmlinux-7.2.13-amd64");
        var read = new Dictionary<string, BtfSpec> { ["vmlinux-7.2.13-amd64"] = vmlinux };
        foreach (string part in parts.Split(' '))
            read[part] = read.GetValueOrDefault(part) ?? BtfSpec.Parse(TestData.Btf(part), new BtfReadOptions { Base = vmlinux });
        BtfSpec merged = Merge(vmlinux, [.. parts.Split(' ').Select(part => read[part])]);
        merged.OwnTypeCount.Should().Be(before);

        BtfDeduplication result = BtfDeduplicator.Deduplicate(merged);

        result.Spec.Base.Should().BeSameAs(vmlinux);
        CountKinds(result.Spec).Should().Be(kinds);
        CheckMapping(merged, result);
    }

    [Fact]
    public void Resolves_declarations_through_other_units()
    {
        BtfDeduplication result = BtfDeduplicator.Deduplicate(Merge(null, Unit("a"), Unit("b"), Unit("c"), Unit("d")));

        // Each is defined in one unit and declared in others; two different structs of one name stay apart.
        result.Spec.TryFind("hidden", BtfKind.Fwd, out _).Should().BeFalse();
        result.Spec.TryFind("opaque", BtfKind.Fwd, out _).Should().BeFalse();
        int locals = 0;
        foreach (BtfType type in result.Spec.FindAll("local"))
            locals += type.Kind == BtfKind.Struct ? 1 : 0;
        locals.Should().Be(2);
        result.Spec.TryFind("local", BtfKind.Fwd, out _).Should().BeTrue();
        int trees = 0;
        foreach (BtfType _ in result.Spec.FindAll("tree"))
            trees++;
        trees.Should().Be(1);
    }

    [Fact]
    public void Keeps_what_BTF_ext_refers_to()
    {
        BtfSpec spec = Unit("a");
        BtfExt ext = BtfExt.Parse(TestData.Btf("dedup/a.ext"), spec);

        BtfDeduplication result = BtfDeduplicator.Deduplicate(spec, ext);

        BtfExtSection<BtfLineInfo> lines = ext.LineInfo.Sections[0];
        lines.Count.Should().BePositive();
        for (int i = 0; i < lines.Count; i++)
        {
            BtfString line = spec.GetString(lines[i].LineOffset);
            result.Spec.GetString(result.MapString(line)).Should().Be(line);
        }

        result.Spec.GetString(result.MapString(lines.SectionName)).Should().Be(lines.SectionName);
        result.Spec[result.MapId(ext.FuncInfo.Sections[0][0].TypeId)].Name.ToString().Should().Be("visit");
        FluentActions.Invoking(() => result.MapString("no such string")).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Folds_declared_enums_into_defined_ones_of_either_width()
    {
        var builder = new BtfBuilder();
        BtfTypeId declared = builder.AddEnum("state", 4, false);
        BtfTypeId pointer = builder.AddPtr(declared);
        BtfTypeId defined = builder.AddEnum64("state", 8, false, ("FAR", 1L << 40));
        BtfTypeId again = builder.AddEnum("state", 4, false);

        BtfDeduplication result = BtfDeduplicator.Deduplicate(builder.ToSpec());

        result.Spec.OwnTypeCount.Should().Be(2);
        result.MapId(declared).Should().Be(result.MapId(defined)).And.Be(result.MapId(again));
        result.Spec[result.MapId(pointer)].Target.Kind.Should().Be(BtfKind.Enum64);
    }

    [Fact]
    public void Refuses_a_circle_without_structs_and_bears_long_chains()
    {
        var circle = new BtfBuilder();
        circle.AddPtr(new BtfTypeId(2));
        circle.AddConst(new BtfTypeId(1));
        FluentActions.Invoking(() => BtfDeduplicator.Deduplicate(circle.ToSpec())).Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.TooDeep);

        // Two structs, each with a pointer of 100000 levels, the targets after the pointers.
        var chains = new BtfBuilder();
        for (int copy = 0; copy < 2; copy++)
        {
            chains.AddStruct("deep", 8, new BtfMember("p", new BtfTypeId(chains.NextId.Value + 1), 0, 0));
            for (int i = 0; i < 100_000; i++)
                chains.AddPtr(new BtfTypeId(chains.NextId.Value + 1));
            chains.AddInt("int", 4);
        }

        BtfDeduplicator.Deduplicate(chains.ToSpec()).Spec.OwnTypeCount.Should().Be(100_002);
    }

    private static BtfSpec Unit(string name) => CapturedBtf.Read("dedup/" + name);

    private static BtfSpec Merge(BtfSpec? baseSpec, params BtfSpec[] parts)
    {
        var builder = new BtfBuilder(baseSpec);
        foreach (BtfSpec part in parts)
            _ = builder.AddAll(part);
        return builder.ToSpec();
    }

    private static string CountKinds(BtfSpec spec)
    {
        int[] counts = new int[20];
        foreach (BtfType type in spec.OwnTypes)
            counts[(int)type.Kind]++;
        return string.Join(' ', counts.Skip(1));
    }

    /// <summary>Every type went to one of its own kind and name, or from a declaration to a definition.</summary>
    private static void CheckMapping(BtfSpec original, BtfDeduplication result)
    {
        foreach (BtfType type in original.OwnTypes)
        {
            BtfType mapped = result.Spec[result.MapId(type.Id)];
            bool same = mapped.Kind == type.Kind && mapped.Vlen == type.Vlen;
            bool defined = (type.Kind == BtfKind.Fwd && mapped.IsComposite) || (type.IsAnyEnum && type.Vlen == 0 && mapped.IsAnyEnum);
            if (mapped.Name != type.Name || !(same || defined))
                Assert.Fail($"{type} went to {mapped}");
        }
    }
}
