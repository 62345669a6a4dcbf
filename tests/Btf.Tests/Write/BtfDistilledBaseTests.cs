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

    private static BtfTypeId Find(BtfSpec spec, string name, BtfKind kind) => spec.TryFind(name, kind, out BtfType type) ? type.Id : default;
}
