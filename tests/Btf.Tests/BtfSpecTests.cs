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
}
