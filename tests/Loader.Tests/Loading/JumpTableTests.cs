namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class JumpTableTests
{
    private static uint Run(BpfObject loaded, string program, ulong number) => loaded.Programs[program].TestRun(context: BitConverter.GetBytes(number)).ReturnValue;

    [Fact]
    public void Indirect_jumps_of_a_program_and_of_its_subprogram_lead_where_their_tables_say()
    {
        Requires.Map(BpfMapType.InsnArray);
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = ObjectFile.Read("jump_tables").Load())
        {
            new ulong[] { 0, 1, 2, 3 }.Select(number => Run(loaded, "choose", number)).Should().Equal(110, 220, 330, 0);
            new ulong[] { 0, 1, 2 }.Select(number => Run(loaded, "choose_next", number)).Should().Equal([200, 300, 0], "the subprogram lies elsewhere in this program");

            uint[] maps = [.. loaded.Programs["choose"].GetInfo().MapIds];
            maps.Should().HaveCount(2, "each table is a map, which the program keeps");
            using BpfMap table = BpfMap.FromId(maps[0]);
            table.Type.Should().Be(BpfMapType.InsnArray);
            table.MaxEntries.Should().Be(3);
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void A_kernel_without_indirect_jumps_is_named_with_what_to_do()
    {
        Requires.Bpf();
        Assert.SkipWhen(KernelSupport.Has(BpfMapType.InsnArray) != false, "This kernel has indirect jumps.");
        string[] before = OpenDescriptors.OfTheKernel;
        FluentActions.Invoking(() => ObjectFile.Read("jump_tables").Load()).Should().Throw<BpfException>()
            .WithText("*jump table of program 'choose'*Linux 6.19*-fno-jump-tables*").Which.Kind.Should().Be(BpfFailureKind.NotSupported);
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }
}
