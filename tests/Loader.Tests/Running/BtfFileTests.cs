namespace P3Ebpf.Loader.Tests;

public sealed class BtfFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_module_with_a_distilled_base_stays_on_it_or_moves_onto_the_real_one()
    {
        byte[] distilled = TestData.Btf("distilled-7.2.13-nf_conntrack.base");
        File.WriteAllBytes(_path, ElfWithBtf.Build(TestData.Btf("distilled-7.2.13-nf_conntrack"), distilledBase: distilled));
        BtfSpec vmlinux = BtfSpec.Parse(TestData.Btf("vmlinux-7.2.13-amd64"));
        BtfSpec original = BtfSpec.Parse(TestData.Btf("mod-7.2.13-amd64.nf_conntrack"), new BtfReadOptions { Base = vmlinux });

        BtfSpec alone = BtfFile.Read(_path);
        BtfSpec moved = BtfFile.Read(_path, vmlinux);

        alone.Base!.Data.ToArray().Should().Equal(distilled);
        moved.Base.Should().BeSameAs(vmlinux);
        BtfComparison.Compare(original, moved).Differences.Should().BeEmpty();
        BtfFile.Check(_path).Verdict.Should().Be(BtfVerdict.Good);
    }
}
