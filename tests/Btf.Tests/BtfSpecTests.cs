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
    }
}
