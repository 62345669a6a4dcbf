namespace P3Ebpf.Btf.Tests;

public class BtfSpecTests
{
    public static TheoryData<string, int, string?> Captured => CapturedBtf.All;

    [Theory]
    [MemberData(nameof(Captured))]
    public void Every_captured_BTF_has_as_many_types_as_other_tools_count(string name, int types, string? baseName)
    {
        BtfSpec spec = CapturedBtf.Read(name, baseName);

        spec.OwnTypeCount.Should().Be(types);
        spec.OwnTypes.Count.Should().Be(types);
        int walked = 0;
        foreach (BtfType type in spec.OwnTypes)
        {
            type.Kind.Should().BeOneOf(Enum.GetValues<BtfKind>()).And.NotBe(BtfKind.Void);
            walked++;
        }

        walked.Should().Be(types);
    }

    // Sizes and offsets as bpftool prints them; the state was renamed in Linux 5.14.
    [Theory]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64", 8, 9344u, "state", 16u, 8u)]
    [InlineData("vmlinux-7.2.13-amd64", 8, 6080u, "__state", 24u, 4u)]
    [InlineData("vmlinux-7.2.13-s390x", 8, 5120u, "__state", 24u, 4u)]
    [InlineData("vmlinux-7.2.13-armhf", 4, 3008u, "__state", 512u, 4u)]
    public void Finds_task_struct_and_its_state(string name, int pointerSize, uint size, string memberName, uint offset, uint memberSize)
    {
        BtfSpec spec = CapturedBtf.Read(name);

        spec.PointerSize.Should().Be(pointerSize);
        spec.TryFind("task_struct", BtfKind.Struct, out BtfType task).Should().BeTrue();
        task.Size.Should().Be(size);
        BtfMember found = default;
        foreach (BtfMember member in task.Members)
        {
            if (member.Name.ToString() == memberName)
                found = member;
        }

        found.BitOffset.Should().Be(8 * offset);
        spec.SizeOf(found.TypeId).Should().Be(memberSize);
    }

    [Theory]
    [InlineData("long")]
    [InlineData("long int")]
    [InlineData("int long")]
    [InlineData("unsigned long")]
    [InlineData("long unsigned")]
    [InlineData("unsigned long int")]
    [InlineData("unsigned int long")]
    [InlineData("long unsigned int")]
    [InlineData("long int unsigned")]
    [InlineData("int unsigned long")]
    [InlineData("int long unsigned")]
    public void The_size_of_long_is_that_of_a_pointer_in_whichever_order_its_words_stand(string name)
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("int", 4);
        BtfTypeId number = builder.AddInt(name, 4);
        BtfTypeId real = builder.AddFloat("double", 8);

        // A double at byte 4 is in its place only where alignment ends at 4 bytes: what the checker takes for the size of a pointer shows.
        _ = builder.AddStruct("pair", 12, new BtfMember("first", number, 0, 0), new BtfMember("second", real, 32, 0));
        byte[] data = builder.ToArray();

        BtfSpec.Parse(data).PointerSize.Should().Be(4);
        BtfChecker.Check(data).Findings.Should().BeEmpty();
    }

    [Fact]
    public void Named_members_are_those_of_unnamed_ones_too()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId named = builder.AddStruct("named", 8, new BtfMember("c", number, 0, 0), new BtfMember("d", number, 32, 0));
        BtfTypeId unnamed = builder.AddUnion(default, 8, new BtfMember("b", number, 0, 0), new BtfMember(default, builder.AddConst(named), 0, 0));
        BtfTypeId outer = builder.AddStruct(
            "outer", 24, new BtfMember("a", number, 0, 0), new BtfMember(default, unnamed, 32, 0), new BtfMember(default, number, 96, 3), new BtfMember("e", named, 128, 0));
        BtfSpec spec = builder.ToSpec();

        IEnumerable<(string, uint)> members = BtfNamedMembers.Of(spec[outer]).Select(member => (member.Name.ToString(), member.BitOffset));

        members.Should().Equal(("a", 0u), ("b", 32u), ("c", 32u), ("d", 64u), ("e", 128u));
        BtfNamedMembers.Of(spec[outer], atMost: 3).Should().HaveCount(2);
        BtfNamedMembers.Of(spec[outer], atMost: 1).Should().HaveCount(1);
        BtfNamedMembers.Of(spec[outer], atMost: 0).Should().BeEmpty();
    }

    [Fact]
    public void Types_and_strings_of_bases_are_found_through_what_continues_them()
    {
        var lowest = new BtfBuilder();
        BtfTypeId number = lowest.AddInt("int", 4, BtfIntEncoding.Signed), long64 = lowest.AddInt("long", 8);
        BtfSpec bottom = lowest.ToSpec();
        var upper = new BtfBuilder(bottom);
        BtfTypeId alias = upper.AddTypedef("alias", number), again = upper.AddInt("int", 2);
        BtfSpec spec = upper.ToSpec("module");

        (spec.FirstId, spec.TypeCount, spec.OwnTypeCount, spec.OwnTypes.Count, spec.Types.Count).Should().Be((new BtfTypeId(3), 5u, 2, 2, 4));
        spec[alias].Target.Should().Be(bottom[number]);
        spec[number].Spec.Should().BeSameAs(bottom);
        spec[BtfTypeId.Void].IsVoid.Should().BeTrue();
        spec.TryGetType(new BtfTypeId(5), out BtfType none).Should().BeFalse();
        none.IsVoid.Should().BeTrue();
        spec.Invoking(each => each[new BtfTypeId(5)]).Should().Throw<ArgumentOutOfRangeException>().WithMessage("There is no type [5]; there are 5.*");
        spec.GetString(1).ToString().Should().Be("int");
        uint end = bottom.Header.StringLength + spec.Header.StringLength;
        spec.GetString(bottom.Header.StringLength).ToString().Should().Be("alias");
        spec.TryGetString(end - 1, out BtfString last).Should().BeTrue();
        last.IsEmpty.Should().BeTrue();
        spec.TryGetString(end, out _).Should().BeFalse();
        spec.Invoking(each => each.GetString(end)).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"String offset {end} is outside the {end} bytes of strings.*");

        List<uint> found = [];
        foreach (BtfType type in spec.FindAll("int"))
            found.Add(type.Id.Value);
        found.Should().Equal([number.Value, again.Value], "those of the base come first");
        spec.TryFind("int", BtfKind.Int, out BtfType first).Should().BeTrue();
        first.Id.Should().Be(number);
        spec.TryFind("alias", BtfKind.Int, out _).Should().BeFalse();
        bottom.TryFind("alias", BtfKind.Typedef, out _).Should().BeFalse();
        foreach (BtfType type in spec.FindAll(""))
            Assert.Fail($"{type} has a name");
        _ = long64;
    }

    [Fact]
    public void The_size_of_a_pointer_is_the_given_one_or_that_of_the_base_or_shown_by_the_types()
    {
        var types = new BtfBuilder();
        _ = types.AddInt("long", 4);
        _ = types.AddInt("unsigned long", 8);
        byte[] data = types.ToArray();
        BtfSpec parsed = BtfSpec.Parse(data);

        parsed.PointerSize.Should().Be(4, "the first tells");
        BtfSpec.Parse(data, new BtfReadOptions { PointerSize = 8 }).PointerSize.Should().Be(8);
        var split = new BtfBuilder(parsed);
        _ = split.AddInt("long int", 8);
        byte[] continued = split.ToArray();
        BtfSpec.Parse(continued, new BtfReadOptions { Base = parsed }).PointerSize.Should().Be(4);
        BtfSpec.Parse(continued, new BtfReadOptions { Base = parsed, PointerSize = 8 }).PointerSize.Should().Be(8);
        split.ToSpec().PointerSize.Should().Be(4);
        new BtfBuilder().ToSpec().PointerSize.Should().Be(8);
        foreach ((string name, uint size) in new[] { ("long", 2u), ("long", 16u), ("long long", 4u), ("typedef", 4u), ("long long unsigned int", 4u) })
        {
            var odd = new BtfBuilder();
            _ = odd.AddInt(name, size);
            odd.ToSpec().PointerSize.Should().Be(8, $"{name} of {size} bytes tells nothing");
        }
    }

    [Fact]
    public void A_file_is_read_with_its_path_or_another_name_for_messages()
    {
        string path = Path.GetTempFileName();
        try
        {
            byte[] data = BtfBuilderTests.EveryKind().ToArray();
            File.WriteAllBytes(path, data);

            BtfSpec.ReadBytes(path).ToArray().Should().Equal(data);
            BtfSpec spec = BtfSpec.Read(path);
            (spec.Source, spec.OwnTypeCount).Should().Be((path, BtfSpec.Parse(data).OwnTypeCount));
            BtfSpec.Read(path, new BtfReadOptions { Source = "named", PointerSize = 4 }).Should().BeEquivalentTo(new { Source = "named", PointerSize = 4 });
            BtfSpec.Read(path, new BtfReadOptions { Base = spec }).Base.Should().BeSameAs(spec);
            File.WriteAllBytes(path, [1, 2, 3]);
            FluentActions.Invoking(() => BtfSpec.Read(path)).Should().Throw<BtfFormatException>().WithMessage($"{path}: *").Which.File.Should().Be(path);
            FluentActions.Invoking(() => BtfSpec.Parse(new byte[3])).Should().Throw<BtfFormatException>().Which.File.Should().BeNull();
            FluentActions.Invoking(() => BtfSpec.Read(null!)).Should().Throw<ArgumentNullException>();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_module_without_its_base_is_told_apart()
    {
        BtfSpec vmlinux = BtfBuilderTests.EveryKind().ToSpec();
        var module = new BtfBuilder(vmlinux);
        _ = module.AddTypedef("of_the_module", new BtfTypeId(1));
        byte[] data = module.ToArray();

        BtfFormatException refusal = FluentActions.Invoking(() => BtfSpec.Parse(data)).Should().Throw<BtfFormatException>().Which;
        (refusal.Code, refusal.Offset).Should().Be((BtfErrorCode.BaseMissing, 36L));
        BtfSpec.Parse(new BtfBuilder(vmlinux).ToArray(), new BtfReadOptions { Base = vmlinux }).OwnTypeCount.Should().Be(0, "without types of its own it has no strings either");
    }

    [Fact]
    public void Names_are_compared_by_their_bytes()
    {
        BtfString name = "n\u00e4me";

        (name == new BtfString("n\u00e4me"), name != "name", name.Equals((object)new BtfString("name")), name.Equals("n\u00e4me"), name.Equals((object?)null)).Should().Be((true, true, false, true, false));
        name.Equals("n\u00e4me"u8).Should().BeTrue();
        name.GetHashCode().Should().Be(new BtfString("n\u00e4me").GetHashCode());
        (new BtfTypeId(3) < new BtfTypeId(4), new BtfTypeId(3) > new BtfTypeId(3), new BtfTypeId(4).CompareTo(new BtfTypeId(3)) > 0, new BtfTypeId(3) <= new BtfTypeId(3), new BtfTypeId(2) >= new BtfTypeId(3))
            .Should().Be((true, false, true, true, false));
        default(BtfString).IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void Elements_outside_of_a_type_and_members_of_other_kinds_are_refused()
    {
        BtfSpec spec = BtfBuilderTests.EveryKind().ToSpec();
        BtfType Find(string name, BtfKind kind) => spec.TryFind(name, kind, out BtfType type) ? type : throw new ArgumentException(name);
        BtfType list = Find("list_head", BtfKind.Struct), state = Find("negative", BtfKind.Enum), section = Find(".bss", BtfKind.DataSec), prototype = Find("visit", BtfKind.Func).Target;

        FluentActions.Invoking(() => list.Members[2]).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => list.Members[-1]).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => state.Enumerators[2]).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => section.SectionVariables[1]).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => prototype.Parameters[2]).Should().Throw<ArgumentOutOfRangeException>();
        foreach (Func<BtfType, object> member in new Func<BtfType, object>[] { type => type.Members, type => type.Enumerators, type => type.SectionVariables, type => type.Parameters, type => type.Array, type => type.ComponentIndex, type => type.ForwardKind, type => type.Linkage, type => type.TargetId })
            FluentActions.Invoking(() => member(spec[new BtfTypeId(1)])).Should().Throw<InvalidOperationException>().WithMessage("[1] int int has no *.");
        FluentActions.Invoking(() => list.Int).Should().Throw<InvalidOperationException>().WithMessage("* struct list_head has no Int.");
        (spec[BtfTypeId.Void].ToString(), spec[BtfTypeId.Void].RecordLength, spec[BtfTypeId.Void].Kind, spec[BtfTypeId.Void].Size, spec[BtfTypeId.Void].Vlen, spec[BtfTypeId.Void].KindFlag).Should().Be(("[0] void", 0, BtfKind.Void, 0u, 0u, false));
        default(BtfType).ToString().Should().Be("[0] void");
        prototype.ToString().Should().EndWith("func_proto (anon)");
        (list == spec[list.Id], list != state, list.Equals((object)list), list.Equals("list"), list.GetHashCode()).Should().Be((true, true, true, false, (int)list.Id.Value));
        section.SectionVariables.GetEnumerator().Should().NotBeNull();
    }
}
