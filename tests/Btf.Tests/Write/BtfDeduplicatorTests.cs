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

    /// <summary>Types by C-like lines, each with its own references: <c>t{x* a; int b}</c> a struct, <c>fwd x</c>, <c>fwdunion x</c>, <c>enum e{A}</c>, <c>var v</c>, <c>tag t</c>.</summary>
    private static void Add(BtfBuilder types, string text)
    {
        // What a unit names is made once for it; arrays are written as often as they are used.
        Dictionary<string, BtfTypeId> made = [];
        BtfTypeId Named(string name) => made.TryGetValue(name, out BtfTypeId id) ? id : made[name] = name is "int" or "long" ? types.AddInt(name, name == "int" ? 4u : 8) : throw new ArgumentException(name);
        BtfTypeId Of(string name) => name.EndsWith('*') ? made.TryGetValue(name, out BtfTypeId pointer) ? pointer : made[name] = types.AddPtr(Named(name[..^1]))
            : name.EndsWith(']') ? types.AddArray(Of(name[..name.LastIndexOf('[')]), Named("int"), uint.Parse(name[(name.LastIndexOf('[') + 1)..^1], null)) : Named(name);
        foreach (string line in text.Split("; ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', 2);
            switch (words[0])
            {
                case "fwd" or "fwdunion":
                    made[words[1]] = types.AddFwd(words[1], words[0] == "fwd" ? BtfKind.Struct : BtfKind.Union);
                    break;
                case "enum" or "enum64":
                    (string, long)[] values = [.. words[1].Split('{')[1].TrimEnd('}').Split(',', StringSplitOptions.RemoveEmptyEntries).Select((value, i) => (value, (long)i))];
                    _ = words[0] == "enum" ? types.AddEnum(words[1].Split('{')[0], 4, false, [.. values.Select(v => ((BtfString)v.Item1, v.Item2))]) : types.AddEnum64(words[1].Split('{')[0], 8, false, [.. values.Select(v => ((BtfString)v.Item1, v.Item2))]);
                    break;
                case "struct" or "union":
                    string[] parts = words[1].TrimEnd('}').Split('{');
                    string[][] members = [.. parts[1].Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(member => member.Split(' '))];
                    if (members.Any(member => member[0] == parts[0] + "*"))
                        made[parts[0]] = types.Reserve();
                    BtfMember[] list = [.. members.Select((member, i) => new BtfMember(member[1], Of(member[0]), words[0] == "union" ? 0 : (uint)(64 * i), 0))];
                    uint size = (uint)(8 * members.Length);
                    BtfTypeId added = words[0] == "struct" ? types.AddStruct(parts[0], size, list) : types.AddUnion(parts[0], size, list);
                    if (made.TryGetValue(parts[0], out BtfTypeId reserved) && members.Any(member => member[0] == parts[0] + "*"))
                        types.Define(reserved, added);
                    else
                        made[parts[0]] = added;
                    break;
                case "var":
                    _ = types.AddVar(words[1], Named("int"), BtfLinkage.Global);
                    break;
                case "tag":
                    _ = types.AddDeclTag("tag", made[words[1]]);
                    break;
                case "typedef":
                    made[words[1].Split(' ')[1]] = types.AddTypedef(words[1].Split(' ')[1], Of(words[1].Split(' ')[0]));
                    break;
                default:
                    _ = Of(line);
                    break;
            }
        }
    }

    [Theory]
    [InlineData("struct s{int a}", "struct s{int a}", 2)]
    [InlineData("struct s{int a}", "struct s{long a}", 4)]
    [InlineData("struct s{int a}", "struct s{int b}", 3)]
    [InlineData("struct s{int a}", "struct s{int a, int b}", 3)]
    [InlineData("struct s{int a}", "union s{int a}", 3)]
    [InlineData("struct s{int a}", "struct t{int a}", 3)]
    [InlineData("struct s{int a, int* b}", "struct s{int a, int* b}", 3)]
    [InlineData("struct s{s* next}", "struct s{s* next}", 2)] // circular
    [InlineData("struct s{s* next, int a}", "struct s{s* next, long a}", 6)]
    [InlineData("fwd s; s*", "struct s{int a}", 3)] // the only definition of the name
    [InlineData("struct s{int a}", "fwd s; s*", 3)]
    [InlineData("fwdunion s; s*", "struct s{int a}", 4)]
    [InlineData("fwd s; s*", "struct s{int a}; struct s{long a}", 6)] // which of both is not known
    [InlineData("fwd s; s*", "fwd s; s*", 2)]
    [InlineData("fwd s; s*", "fwdunion s; s*", 4)]
    [InlineData("fwd x; struct t{x* p}", "struct x{int a}; struct t{x* p}", 4)] // through the graph
    [InlineData("struct x{int a}; struct t{x* p}", "fwd x; struct t{x* p}", 4)]
    [InlineData("fwdunion x; struct t{x* p}", "struct x{int a}; struct t{x* p}", 7)]
    [InlineData("struct x{int a}; struct t{x* p}", "fwdunion x; struct t{x* p}", 7)]
    [InlineData("union x{int a}; struct t{x* p}", "fwdunion x; struct t{x* p}", 4)]
    [InlineData("fwd y; struct t{y* p}", "struct x{int a}; struct t{x* p}", 7)]
    [InlineData("struct x{int a}; struct t{x* p}", "struct x{long a}; struct t{x* p}", 8)]
    [InlineData("struct x{int a}; struct t{x* p}; struct x{long a}; struct u{x* p}", "fwd x; struct t{x* p}; struct u{x* p}", 7)]
    [InlineData("struct s{int[3] a, int[3] b}", "struct s{int[3] a, int[3] b}", 3)] // arrays written twice
    [InlineData("struct s{int[3] a, int[3] b}", "struct s{int[3] a, int[4] b}", 5)]
    [InlineData("struct s{int[3][2] a, int[3][2] b}", "struct s{int[3][2] a, int[3][2] b}", 4)]
    [InlineData("enum e{A,B}", "enum e{A,B}", 1)]
    [InlineData("enum e{A,B}", "enum e{A,C}", 2)]
    [InlineData("enum e{A,B}", "enum e{}", 1)]
    [InlineData("enum e{}", "enum e{A,B}", 1)]
    [InlineData("enum e{}", "enum64 e{A}", 1)]
    [InlineData("enum e{A}", "enum64 e{A}", 2)]
    [InlineData("enum e{}; enum f{A}", "enum f{}; enum e{B}", 2)]
    [InlineData("var v", "var v", 3)] // variables stay
    [InlineData("struct s{int a}; tag s", "struct s{int a}; tag s", 3)]
    [InlineData("struct s{int a}; tag s", "struct s{long a}; tag s", 6)]
    [InlineData("typedef int t; struct s{t a}", "typedef int t; struct s{t a}", 3)]
    [InlineData("typedef int t; struct s{t a}", "struct s{int a}", 4)]
    [InlineData("int*; long*", "long*; int*", 4)]
    public void Equal_types_of_two_units_become_one(string first, string second, int left)
    {
        var types = new BtfBuilder();
        Add(types, first);
        Add(types, second);
        BtfSpec merged = types.ToSpec("merged");

        BtfDeduplication result = BtfDeduplicator.Deduplicate(merged);

        result.Spec.OwnTypeCount.Should().Be(left);
        result.Spec.Source.Should().Be("merged");
        CheckMapping(merged, result);
        BtfDeduplicator.Deduplicate(result.Spec).Spec.OwnTypeCount.Should().Be(left);
        result.Invoking(each => each.MapId(new BtfTypeId(merged.TypeCount))).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"The original has {merged.TypeCount} types.*");
        result.MapId(BtfTypeId.Void).Should().Be(BtfTypeId.Void);
    }

    [Theory]
    [InlineData("struct s{int a}", "struct s{int a}", 0)]
    [InlineData("struct s{int a}", "struct s{long a}", 2)]
    [InlineData("struct s{int a}", "fwd s; s*", 1)]
    [InlineData("fwd x; struct t{x* p}", "struct x{int a}; struct t{x* p}", 4)] // the base does not change
    [InlineData("fwd x; struct t{x* p}; struct u{int a}", "struct x{int a}; struct t{x* p}; struct u{int a}", 3)]
    [InlineData("struct x{int a}; struct t{x* p}", "fwd x; struct t{x* p}", 0)]
    [InlineData("enum e{A}; int*", "enum e{A}; int*", 0)]
    [InlineData("enum e{A}", "enum e{}", 0)]
    [InlineData("var v", "var v", 1)]
    [InlineData("int; int; int*", "int*", 0)]
    public void What_the_base_has_is_taken_from_it_and_the_base_stays(string lower, string upper, int left)
    {
        var types = new BtfBuilder();
        Add(types, lower);
        BtfSpec below = types.ToSpec();
        var split = new BtfBuilder(below);
        Add(split, upper);
        BtfSpec spec = split.ToSpec();

        BtfDeduplication result = BtfDeduplicator.Deduplicate(spec);

        result.Spec.Base.Should().BeSameAs(below);
        result.Spec.OwnTypeCount.Should().Be(left);
        foreach (BtfType type in below.Types)
            result.MapId(type.Id).Should().Be(type.Id);
        if (below.TryFind("int", BtfKind.Int, out BtfType number))
        {
            foreach (BtfType type in spec.OwnTypes)
            {
                if (type.Kind == BtfKind.Int && type.Name == "int")
                    result.MapId(type.Id).Should().Be(number.Id, "of several in the base it is the first");
            }
        }
    }

    /// <summary>Within one unit a compiler may write the same array again, and what it holds: they count as the same as long as they lie no deeper than sixteen references.</summary>
    [Theory]
    [InlineData(14, true)]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public void What_a_compiler_wrote_twice_is_the_same_down_to_a_depth(int depth, bool isFolded)
    {
        var types = new BtfBuilder();
        BtfTypeId Unit(bool isTwice)
        {
            BtfTypeId Chain()
            {
                BtfTypeId id = types.AddInt("int", 4);
                for (int i = 0; i < depth; i++)
                    id = types.AddConst(id);
                return id;
            }

            BtfTypeId once = Chain(), again = isTwice ? Chain() : once;
            return types.AddStruct("s", 8, new BtfMember("a", once, 0, 0), new BtfMember("b", again, 32, 0));
        }

        BtfTypeId first = Unit(isTwice: false), second = Unit(isTwice: true);
        BtfDeduplication result = BtfDeduplicator.Deduplicate(types.ToSpec());

        result.MapId(second).Equals(result.MapId(first)).Should().Be(isFolded);
    }

    [Fact]
    public void Strings_of_every_record_of_an_object_stay_and_others_go()
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("int", 4);
        uint Text(string text) => builder.AddString(text);
        byte[] data = new ExtBytes().Table(0, 8, Text(".text.f"), 1, 0, 1).Table(1, 16, Text(".text.l"), 2, 0, Text("a.c"), Text("line 1"), 0, 8, Text("b.c"), Text("line 2"), 0)
            .Table(2, 16, Text(".text.r"), 2, 0, 1, Text("0:1"), 0, 8, 1, Text("0:2"), 0).Build();
        _ = Text("nobody's");
        BtfSpec spec = builder.ToSpec();

        BtfDeduplication result = BtfDeduplicator.Deduplicate(spec, BtfExt.Parse(data, spec));

        foreach (string text in new[] { "int", ".text.f", ".text.l", ".text.r", "a.c", "b.c", "line 1", "line 2", "0:1", "0:2" })
            result.Spec.GetString(result.MapString(text)).ToString().Should().Be(text);
        result.Invoking(each => each.MapString("nobody's")).Should().Throw<ArgumentException>().WithMessage("No type uses the string \"nobody's\".*");
    }

    [Fact]
    public void Many_names_are_no_hindrance()
    {
        var builder = new BtfBuilder();
        for (int i = 0; i < 2000; i++)
            _ = builder.AddInt($"a name of more than thirty characters, {i}", 4);

        BtfDeduplicator.Deduplicate(builder.ToSpec()).Spec.OwnTypeCount.Should().Be(2000);
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
