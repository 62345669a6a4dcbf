namespace P3Ebpf.Linker.Tests;

/// <summary>Which types of two files can be those of one symbol.</summary>
public sealed class TypeAgreementTests
{
    [Fact]
    public void Typedefs_qualifiers_lengths_and_signs_do_not_matter()
    {
        Difference(b => b.AddInt("int", 4, BtfIntEncoding.Signed), b => b.AddConst(b.AddTypedef("u32", b.AddInt("unsigned int", 4)))).Should().BeNull();
        Difference(b => Array(b, 4), b => Array(b, 8)).Should().BeNull();
    }

    [Fact]
    public void Sizes_kinds_names_and_members_do()
    {
        Difference(b => b.AddInt("int", 4), b => b.AddInt("long", 8)).Should().Contain("4 bytes against");
        Difference(b => b.AddInt("int", 4), b => b.AddFloat("float", 4)).Should().Contain("against float");
        Difference(b => Struct(b, "a", "x"), b => Struct(b, "b", "x")).Should().Contain("struct a against struct b");
        Difference(b => Struct(b, "a", "x"), b => Struct(b, "a", "y")).Should().Contain("'x' against 'y'");
        Difference(b => Struct(b, "a", "x", "y"), b => Struct(b, "a", "x")).Should().Contain("2 members against 1");
    }

    [Fact]
    public void Behind_a_pointer_a_name_is_enough_and_a_forward_declaration_too()
    {
        Difference(b => b.AddPtr(Struct(b, "a", "x")), b => b.AddPtr(Struct(b, "a", "y"))).Should().BeNull();
        Difference(b => b.AddPtr(Struct(b, "a", "x")), b => b.AddPtr(b.AddFwd("a"))).Should().BeNull();
        Difference(b => b.AddPtr(b.AddFwd("a", BtfKind.Union)), b => b.AddPtr(Struct(b, "a", "x"))).Should().NotBeNull();
        Difference(b => b.AddPtr(Struct(b, "a", "x")), b => b.AddPtr(Struct(b, "b", "x"))).Should().NotBeNull();
        Difference(b => Struct(b, "a", "x"), b => b.AddFwd("a")).Should().NotBeNull("a variable needs the whole struct");
    }

    [Fact]
    public void Types_that_contain_themselves_come_to_an_end()
    {
        Difference(Endless, Endless).Should().BeNull();
        Difference(b => b.AddPtr(b.NextId), b => b.AddPtr(b.NextId)).Should().BeNull();
    }

    [Fact]
    public void Names_that_overlap_cannot_ask_for_more_than_the_file_has_room_for()
    {
        var input = LinkInput.Read(LinkFiles.PathOf("main"));
        byte[] name = [.. Enumerable.Repeat((byte)'a', 60_000)];
        var budget = new NameBudget(input, fileLength: 100_000);
        int taken = 0;
        FluentActions.Invoking(() =>
        {
            for (; taken < 1000; taken++)
                _ = budget.Take(name, "symbol", taken);
        }).Should().Throw<BpfLinkException>().Which.Code.Should().Be(BpfLinkErrorCode.Malformed);
        taken.Should().BeLessThan(10);
        FluentActions.Invoking(() => new NameBudget(input, 100).Take([0xff], "symbol", 1)).Should().Throw<BpfLinkException>().WithMessage("*UTF-8*");
    }

    private static string? Difference(Func<BtfBuilder, BtfTypeId> left, Func<BtfBuilder, BtfTypeId> right) => TypeAgreement.Difference(Variable(left), Variable(right));

    private static BtfType Variable(Func<BtfBuilder, BtfTypeId> type)
    {
        var builder = new BtfBuilder();
        BtfTypeId variable = builder.AddVar("v", type(builder), BtfLinkage.Global);
        return builder.ToSpec()[variable];
    }

    private static BtfTypeId Array(BtfBuilder builder, uint length)
    {
        BtfTypeId element = builder.AddInt("int", 4);
        return builder.AddArray(element, element, length);
    }

    private static BtfTypeId Struct(BtfBuilder builder, string name, params string[] members)
    {
        BtfTypeId type = builder.AddInt("int", 4);
        return builder.AddStruct(name, 4 * (uint)members.Length, [.. members.Select((member, i) => new BtfMember(member, type, 32 * (uint)i, 0))]);
    }

    private static BtfTypeId Endless(BtfBuilder builder) => builder.AddStruct("endless", 8, [new BtfMember("itself", builder.NextId, 0, 0)]);
}
