using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CapturedKernelTests
{
    // Offsets as bpftool prints them; the field was renamed in Linux 5.14.
    [Theory]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64", 16ul, null)]
    [InlineData("vmlinux-6.12.117-amd64", null, 24ul)]
    [InlineData("vmlinux-7.2.13-s390x", null, 24ul)]
    [InlineData("vmlinux-7.2.13-armhf", null, 512ul)]
    public void One_program_reads_a_renamed_field_of_every_kernel(string kernel, ulong? state, ulong? renamed)
    {
        var local = new TestBtf();
        uint old = local.Struct("task_struct", 8, new TestMember("state", local.S64, 0));
        uint current = local.Struct("task_struct___new", 4, new TestMember("__state", local.U32, 0));
        var target = new CoreTarget(BtfSpec.Parse(TestData.Btf(kernel), new BtfReadOptions { Source = kernel }));

        CoreRelocationResult[] results = Apply(
            local, target, new TestRelocation(current, "0:0", CoreRelocationKind.FieldExists, Move(1)),
            new TestRelocation(current, "0:0", CoreRelocationKind.FieldByteOffset, Load(BpfAccessSize.Word, 0)),
            new TestRelocation(old, "0:0", CoreRelocationKind.FieldByteOffset, Load(BpfAccessSize.DoubleWord, 0)));

        results[0].Value.Should().Be(renamed is null ? 0ul : 1ul);
        results[1].Value.Should().Be(renamed);
        results[2].Value.Should().Be(state);
        if (state is null)
            results[2].Suggestion.Should().StartWith("struct task_struct has __state");
    }

    [Theory]
    [InlineData("vmlinux-7.2.13-amd64")]
    [InlineData("vmlinux-7.2.13-s390x")]
    public void Against_itself_every_instruction_stays_as_it_was(string kernel)
    {
        // The relocations' access strings are put into a BTF that continues the kernel's own.
        BtfSpec vmlinux = BtfSpec.Parse(TestData.Btf(kernel));
        var local = new TestBtf(vmlinux.Header.ByteOrder == BtfByteOrder.LittleEndian, vmlinux);
        var relocations = new List<TestRelocation>();
        foreach (string name in new[] { "task_struct", "sk_buff", "tcp_sock", "file", "inode", "cred", "net_device", "bio" })
        {
            vmlinux.TryFind(name, BtfKind.Struct, out BtfType root).Should().BeTrue();
            int index = 0;
            foreach (BtfMember member in root.Members)
            {
                string access = $"0:{index}";
                if (!member.Name.IsEmpty && member.BitfieldSize == 0 && vmlinux.TryGetSize(member.TypeId, out uint size))
                {
                    relocations.Add(new TestRelocation(root.Id.Value, access, CoreRelocationKind.FieldByteOffset, Move(member.BitOffset / 8)));
                    relocations.Add(new TestRelocation(root.Id.Value, access, CoreRelocationKind.FieldByteSize, Move(size)));
                }

                index++;
            }
        }

        BpfInstruction[] before = [.. relocations.Select(relocation => relocation.Instructions[0])];
        CoreRelocationResult[] results = Apply(local, new CoreTarget(vmlinux), [.. relocations]);

        results.Should().HaveCountGreaterThan(900).And.OnlyContain(result => result.Outcome == CoreRelocationOutcome.Applied);
        results.Should().OnlyContain(result => result.Value == result.OriginalValue);
        relocations.Select(relocation => relocation.Instructions[0]).Should().Equal(before);
    }
}
