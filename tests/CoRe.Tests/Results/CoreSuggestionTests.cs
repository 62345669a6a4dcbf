using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreSuggestionTests
{
    private static string? SuggestField(Func<TestBtf, TestMember> wanted, Func<TestBtf, TestMember[]> members)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 24, new TestMember("first", local.S32, 0), wanted(local), new TestMember("last", local.S32, 128));
        _ = target.Struct("s", 64, members(target));
        return Ask(local, target, root, "0:1", CoreRelocationKind.FieldByteOffset, 8).Suggestion;
    }

    [Theory]
    [InlineData("state", "__state", "struct s has __state, which may be its new name. Declare struct s___other with *")]
    [InlineData("nr_threds", "nr_threads", "struct s has nr_threads, which may be its new name. *")]
    [InlineData("state", "colour", "If not every target has it, guard the access with bpf_core_field_exists().")]
    public void A_field_of_a_similar_name_is_named(string wanted, string there, string suggestion) =>
        SuggestField(btf => new TestMember(wanted, btf.S32, 64), btf => [new TestMember("a", btf.S32, 0), new TestMember(there, btf.U32, 64)])
            .Should().Match(suggestion);

    [Fact]
    public void A_similar_name_of_another_sort_is_not() =>
        SuggestField(btf => new TestMember("state", btf.S32, 64), btf => [new TestMember("__state", btf.Ptr(0), 0)]).Should().NotContain("__state");

    [Fact]
    public void A_field_in_the_same_place_is_named() =>
        SuggestField(
            btf => new TestMember("old", btf.S32, 64),
            btf => [new TestMember("first", btf.S32, 0), new TestMember("renamed", btf.S32, 64), new TestMember("last", btf.S32, 96)])
            .Should().StartWith("struct s has renamed in its place");

    [Fact]
    public void Unnamed_types_that_multiply_are_no_trap() =>
        SuggestField(
            btf => new TestMember("x", btf.S32, 64),
            btf =>
            {
                uint unnamed = btf.S32;
                for (int level = 0; level < 20; level++)
                    unnamed = btf.Union("", 4, [.. Enumerable.Repeat(new TestMember("", unnamed, 0), 8)]);
                return [new TestMember("inner", unnamed, 0)];
            })
            .Should().Contain("guard the access");

    [Fact]
    public void A_field_that_moved_deeper_is_found() =>
        SuggestField(
            btf => new TestMember("x", btf.S32, 64),
            btf => [new TestMember("inner", btf.Struct("inner", 8, new TestMember("y", btf.S32, 0), new TestMember("x", btf.S32, 32)), 0)])
            .Should().StartWith("struct s has inner.x, which");

    [Fact]
    public void A_field_behind_a_pointer_is_found() =>
        SuggestField(
            btf => new TestMember("x", btf.S32, 64),
            btf => [new TestMember("inner", btf.Ptr(btf.Struct("inner", 8, new TestMember("x", btf.S32, 32))), 0)])
            .Should().StartWith("struct s has inner->x, which");

    [Fact]
    public void A_changed_type_is_named() =>
        SuggestField(btf => new TestMember("x", btf.S32, 64), btf => [new TestMember("x", btf.Ptr(0), 0)]).Should().StartWith("Its type has changed.");

    [Theory]
    [InlineData("s_info", "The target has struct s_infos. *")]
    [InlineData("completely_else", "struct s_infos of the target has the same members, *")]
    public void A_type_of_a_similar_name_or_the_same_members_is_named(string name, string suggestion)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct(name, 8, new TestMember("m", local.S32, 0), new TestMember("n", local.S32, 32));
        _ = target.Struct("s_infos", 16, new TestMember("k", target.S32, 0), new TestMember("m", target.S32, 32), new TestMember("n", target.S32, 64));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldByteOffset, 0).Suggestion.Should().Match(suggestion);
    }

    [Theory]
    [InlineData("BPF_MAP_TYPE_HSH", "enum e has BPF_MAP_TYPE_HASH, which may be its new name. *")]
    [InlineData("ELSEWHERE", "enum f has it. *")]
    [InlineData("NOWHERE", "Guard its use with bpf_core_enum_value_exists(enum e, NOWHERE).")]
    public void An_enumerator_of_a_similar_name_or_in_another_enum_is_named(string name, string suggestion)
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, (name, 1));
        _ = target.Enum("e", signed: false, ("BPF_MAP_TYPE_HASH", 1));
        _ = target.Enum("f", signed: false, ("ELSEWHERE", 1));

        Ask(local, target, root, "0", CoreRelocationKind.EnumValue, 1).Suggestion.Should().Match(suggestion);
    }

    [Fact]
    public void What_was_found_or_is_absent_needs_no_suggestion()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("x1", target.S32, 0));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldExists, 1).Suggestion.Should().BeNull();
        Ask(local, local, root, "0:0", CoreRelocationKind.FieldExists, 1).Suggestion.Should().BeNull();
    }
}
