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
    public void What_is_rewritten_keeps_its_parts()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4), pair = builder.AddInt("long", 8);
        BtfTypeId wide = builder.AddEnum64("wide", 8, isSigned: false, ("A", 1), ("B", 2)), other = builder.AddEnum64("other", 4, isSigned: true, ("C", 3));
        BtfTypeId marked = builder.AddEnum("marked", 2, isSigned: true, ("MINUS", -5), ("PLUS", 7)), plain = builder.AddEnum("plain", 4, isSigned: false, ("P", 9));
        BtfTypeId prototype = builder.AddFuncProto(number, new BtfParameter("a", pair), new BtfParameter("b", number));
        BtfTypeId shared = builder.AddFunc("shared", prototype, BtfLinkage.Global), own = builder.AddFunc("own", prototype, BtfLinkage.Static), lent = builder.AddFunc("lent", prototype, BtfLinkage.Extern);
        BtfTypeId x = builder.AddVar("x", number, BtfLinkage.Global), y = builder.AddVar("y", pair, BtfLinkage.Static);
        BtfTypeId section = builder.AddDataSec("?.data.x", 16, new BtfSectionVariable(x, 0, 4), new BtfSectionVariable(y, 8, 8)), unnamed = builder.AddDataSec(".data", 8);
        BtfSpec spec = builder.ToSpec("source");
        BtfType With(BtfFeatures missing, BtfTypeId id) => BtfDowngrader.Downgrade(spec, BtfFeatures.All & ~missing)[id];

        BtfSpec narrow = BtfDowngrader.Downgrade(spec, BtfFeatures.All & ~BtfFeatures.Enum64);
        (narrow.OwnTypeCount, narrow.Source).Should().Be((spec.OwnTypeCount + 1, "source"), "one placeholder serves all");
        narrow[wide].Members[1].TypeId.Should().Be(narrow[other].Members[0].TypeId).And.Be(new BtfTypeId(spec.TypeCount));
        (narrow[wide].Name.ToString(), narrow[wide].Size, narrow[other].Size, narrow[wide].Members[0].Name.ToString(), narrow[new BtfTypeId(spec.TypeCount)].Size).Should().Be(("wide", 8u, 4u, "A", 1u));
        (narrow[wide].Members[0].BitOffset, narrow[wide].Members[1].BitOffset, narrow[wide].Members[1].BitfieldSize).Should().Be((0u, 0u, 0u));
        (narrow[marked].Size, narrow[marked].Enumerators[0].Bits, narrow[marked].Enumerators[1].Name.ToString(), narrow[marked].Enumerators[1].Bits).Should().Be((2u, -5L, "PLUS", 7L));
        narrow[plain].Enumerators[0].Should().Be(spec[plain].Enumerators[0]);

        BtfType values = With(BtfFeatures.Func, prototype);
        (values.Kind, values.Size, values.Vlen, values.Enumerators[0].Name.ToString(), values.Enumerators[0].Bits, values.Enumerators[1].Bits).Should().Be((BtfKind.Enum, 4u, 2u, "a", (long)pair.Value, (long)number.Value));
        (With(BtfFeatures.Func, own).Kind, With(BtfFeatures.Func, own).Name.ToString()).Should().Be((BtfKind.Typedef, "own"));
        (With(BtfFeatures.GlobalFunc, shared).Linkage, With(BtfFeatures.GlobalFunc, lent).Linkage, With(BtfFeatures.GlobalFunc, own).Linkage).Should().Be((BtfLinkage.Static, BtfLinkage.Static, BtfLinkage.Static));
        With(BtfFeatures.GlobalFunc, shared).Name.ToString().Should().Be("shared");

        BtfType structure = With(BtfFeatures.DataSec, section);
        (structure.Name.ToString(), structure.Size, structure.Members[1].Name.ToString(), structure.Members[1].TypeId, structure.Members[1].BitOffset).Should().Be(("__data_x", 16u, "y", y, 64u));
        BtfType renamed = With(BtfFeatures.QuestionDataSec, section);
        (renamed.Kind, renamed.Name.ToString(), renamed.Size, renamed.SectionVariables.Count, renamed.SectionVariables[1]).Should().Be((BtfKind.DataSec, "_.data.x", 16u, 2, new BtfSectionVariable(y, 8, 8)));
        With(BtfFeatures.QuestionDataSec, unnamed).Name.ToString().Should().Be(".data");
        With(BtfFeatures.DataSec, x).Name.ToString().Should().Be("x");
        FluentActions.Invoking(() => BtfDowngrader.Downgrade(null!, BtfFeatures.All)).Should().Throw<ArgumentNullException>();
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
