using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreAccessParserTests
{
    private const CoreRelocationKind Exists = CoreRelocationKind.FieldExists;

    // struct root { unsigned int a; unsigned int b[3]; enum e c; unsigned int flexible[]; }
    private static uint Root(TestBtf btf)
    {
        uint e = btf.Enum("e", signed: false, ("E_A", 1), ("E_B", 2));
        return btf.Struct(
            "root", 20, new TestMember("a", btf.U32, 0), new TestMember("b", btf.Array(btf.U32, 3), 32), new TestMember("c", e, 128),
            new TestMember("flexible", btf.Array(btf.U32, 0), 160));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":0")]
    [InlineData("0:")]
    [InlineData("0::1")]
    [InlineData("x")]
    [InlineData("0:1x")]
    [InlineData("-1:0")]
    [InlineData("0:-1")]
    [InlineData("4294967296")]
    [InlineData("99999999999999999999")]
    [InlineData("0:4")] // no such member
    [InlineData("0:1:3")] // beyond the array
    [InlineData("0:0:0")] // into an integer
    public void A_malformed_access_fails(string access)
    {
        var local = new TestBtf();
        uint root = Root(local);

        CoreRelocationResult result = Ask(local, local, root, access, Exists, 1);

        result.Outcome.Should().Be(CoreRelocationOutcome.Failed);
        result.Error.Should().Be(CoreErrorCode.Einval);
        result.Message.Should().NotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("0:3:100")]
    [InlineData("5:1:2")]
    [InlineData("2147483647")]
    [InlineData("0")]
    public void A_flexible_array_and_the_root_have_no_bound(string access)
    {
        var local = new TestBtf();
        uint root = Root(local);

        Ask(local, local, root, access, Exists, 1).Outcome.Should().Be(CoreRelocationOutcome.Applied);
    }

    [Fact]
    public void An_access_has_at_most_64_steps()
    {
        var local = new TestBtf();
        uint inner = local.U32;
        for (int i = 0; i < 64; i++)
            inner = local.Struct($"s{i}", 4, new TestMember("m", inner, 0));

        Ask(local, local, inner, "0" + string.Concat(Enumerable.Repeat(":0", 63)), Exists, 1).Outcome.Should().Be(CoreRelocationOutcome.Applied);
        Ask(local, local, inner, "0" + string.Concat(Enumerable.Repeat(":0", 64)), Exists, 1).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Theory]
    [InlineData(CoreRelocationKind.TypeExists, "0:0")]
    [InlineData(CoreRelocationKind.TypeIdLocal, "1")]
    [InlineData(CoreRelocationKind.EnumValue, "0")] // no enum
    [InlineData((CoreRelocationKind)13, "0")]
    public void The_access_must_suit_the_kind(CoreRelocationKind kind, string access)
    {
        var local = new TestBtf();
        uint root = Root(local);

        Ask(local, local, root, access, kind, 1).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0:0")]
    public void An_enumerator_must_exist(string access)
    {
        var local = new TestBtf();
        uint root = local.Enum("e", signed: false, ("E_A", 1), ("E_B", 2));

        Ask(local, local, root, access, CoreRelocationKind.EnumValueExists, 1).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Fact]
    public void The_root_needs_a_name_unless_only_its_local_id_is_asked()
    {
        var local = new TestBtf();
        uint root = local.Struct("", 4, new TestMember("x", local.U32, 0));

        Ask(local, local, root, "0:0", Exists, 1).Error.Should().Be(CoreErrorCode.Einval);
        Ask(local, local, root, "0", CoreRelocationKind.TypeIdLocal, 99).Value.Should().Be(root);
    }

    [Fact]
    public void Ids_and_offsets_outside_the_object_fail()
    {
        var local = new TestBtf();
        uint root = Root(local);
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(local.Build()));

        foreach (CoreRelocationRecord record in new[] { new CoreRelocationRecord(0, new BtfTypeId(1000), 0, Exists), new CoreRelocationRecord(0, new BtfTypeId(root), 100_000, Exists) })
            relocator.Relocate(record, new[] { Move(1) }, 0).Error.Should().Be(CoreErrorCode.Einval);
        relocator.Report.Results[1].Message.Should().Be("the access string's offset 100000 lies outside the object's strings");
        relocator.Relocate(new CoreRelocationRecord(0, new BtfTypeId(root), 0, Exists), new[] { Move(1) }, 1).Message.Should().StartWith("instruction 1 lies outside");
        relocator.Report.Succeeded.Should().BeFalse();
        relocator.Report.Results.Should().HaveCount(3);
    }

    [Fact]
    public void A_circular_typedef_fails()
    {
        var local = new TestBtf();
        uint root = local.Typedef("loop", 1);

        CoreRelocationResult result = Ask(local, local, root, "0", Exists, 1);

        result.Error.Should().Be(CoreErrorCode.Einval);
    }
}
