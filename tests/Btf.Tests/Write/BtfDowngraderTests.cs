namespace P3Ebpf.Btf.Tests;

public class BtfDowngraderTests
{
    // Linux 5.10: functions and sections, nothing later.
    private const BtfFeatures Linux510 = BtfFeatures.Func | BtfFeatures.GlobalFunc | BtfFeatures.DataSec;

    [Fact]
    public void Leaves_what_the_kernel_understands()
    {
        BtfSpec spec = BtfBuilderTests.EveryKind().ToSpec();

        BtfDowngrader.Downgrade(spec, BtfFeatures.All).Should().BeSameAs(spec);
        BtfDowngrader.Downgrade(spec, BtfFeatures.All & ~BtfFeatures.Layout).Should().BeSameAs(spec);
    }

    // By the name of the type in the BTF of every kind: what it turns into.
    [Theory]
    [InlineData(BtfFeatures.Func, "visit", BtfKind.Func, BtfKind.Typedef, 0u)]
    [InlineData(BtfFeatures.GlobalFunc, "visit", BtfKind.Func, BtfKind.Func, 0u)]
    [InlineData(BtfFeatures.DataSec, "counter", BtfKind.Var, BtfKind.Int, 1u)]
    [InlineData(BtfFeatures.DataSec, ".bss", BtfKind.DataSec, BtfKind.Struct, 4u)]
    [InlineData(BtfFeatures.Float, "double", BtfKind.Float, BtfKind.Struct, 8u)]
    [InlineData(BtfFeatures.DeclTag, "mark", BtfKind.DeclTag, BtfKind.Int, 1u)]
    [InlineData(BtfFeatures.TypeTag, "user", BtfKind.TypeTag, BtfKind.Const, 0u)]
    [InlineData(BtfFeatures.Enum64, "negative", BtfKind.Enum, BtfKind.Enum, 4u)]
    [InlineData(BtfFeatures.Enum64, "wide", BtfKind.Enum64, BtfKind.Union, 8u)]
    public void Rewrites_what_it_lacks(BtfFeatures missing, string name, BtfKind from, BtfKind to, uint size)
    {
        BtfSpec spec = BtfBuilderTests.EveryKind().ToSpec();
        spec.TryFind(name, from, out BtfType before).Should().BeTrue();

        BtfType after = BtfDowngrader.Downgrade(spec, BtfFeatures.All & ~missing)[before.Id];

        after.Kind.Should().Be(to);
        after.KindFlag.Should().BeFalse();
        if (size != 0)
            after.Size.Should().Be(size);
        else
            after.TargetId.Should().Be(before.TargetId);
        if (from == BtfKind.Func)
            after.Vlen.Should().Be(0);
    }

    [Fact]
    public void Keeps_the_names_of_variables_and_values()
    {
        BtfSpec spec = BtfBuilderTests.EveryKind().ToSpec();

        BtfSpec old = BtfDowngrader.Downgrade(spec, BtfFeatures.None);

        old.TryFind("_bss", BtfKind.Struct, out BtfType section).Should().BeTrue();
        section.Members[0].Name.ToString().Should().Be("counter");
        old.TryFind("wide", BtfKind.Union, out BtfType wide).Should().BeTrue();
        wide.Members[1].Name.ToString().Should().Be("HIGHEST");
        old[wide.Members[1].TypeId].ToString().Should().EndWith("int enum64_placeholder");
        old.TryFind("visit", BtfKind.Typedef, out BtfType function).Should().BeTrue();
        function.Target.Enumerators[1].Name.ToString().Should().Be("count");
        foreach (BtfType type in old.OwnTypes)
            type.Kind.Should().NotBe(BtfKind.Void).And.BeOneOf([.. Enumerable.Range(1, 11).Select(kind => (BtfKind)kind)]);
        old.Data.Span.Slice(old.Data.Length - (int)old.Header.StringLength).StartsWith(spec.Data.Span.Slice(spec.Data.Length - (int)spec.Header.StringLength)).Should().BeTrue();
    }

    [Fact]
    public void Renames_sections_with_a_question_mark()
    {
        BtfBuilder builder = BtfBuilderTests.EveryKind();
        BtfTypeId id = builder.AddDataSec("?.struct_ops", 4);

        BtfSpec old = BtfDowngrader.Downgrade(builder.ToSpec(), BtfFeatures.All & ~BtfFeatures.QuestionDataSec);

        old[id].Name.ToString().Should().Be("_.struct_ops");
    }

    [Fact]
    public void Drops_the_layout_section()
    {
        BtfSpec spec = BtfSpec.Parse(BtfBuilderTests.EveryKind().ToArray(new BtfWriteOptions { Layout = true }));

        BtfSpec old = BtfDowngrader.Downgrade(spec, BtfFeatures.All & ~BtfFeatures.Layout);

        old.Header.HeaderLength.Should().Be(24);
        TypeEquality.FirstDifference(spec, old).Should().BeNull();
    }

    [Theory]
    [InlineData(Linux510)]
    [InlineData(BtfFeatures.Func)]
    [InlineData(BtfFeatures.None)]
    [Trait("Needs", "Kernel")]
    public void The_kernel_accepts_the_result(BtfFeatures features)
    {
        Requires.Bpf();
        BtfSpec old = BtfDowngrader.Downgrade(BtfBuilderTests.EveryKind().ToSpec(), features);

        int error = BpfSystemCall.LoadBtf(old.Data.ToArray(), out string log);
        error.Should().Be(0, log);
    }
}
