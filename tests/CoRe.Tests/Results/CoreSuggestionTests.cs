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

    /// <summary>What the struct has beside its neighbours, and what is said; a name decides only where the type fits.</summary>
    [Theory]
    [InlineData("first", "renamed", "last", true)]
    [InlineData("other", "renamed", "last", false)]
    [InlineData("first", "renamed", "other", false)]
    [InlineData("first", "*renamed", "last", false)]
    public void Both_neighbours_tell_the_place(string before, string between, string after, bool isNamed)
    {
        string suggestion = SuggestField(
            btf => new TestMember("old", btf.S32, 64),
            btf =>
            [
                new TestMember("zero", btf.U8, 0), new TestMember(before, btf.S32, 32),
                new TestMember(between.TrimStart('*'), between[0] == '*' ? btf.Ptr(0) : btf.S32, 64), new TestMember(after, btf.S32, 96),
            ])!;

        suggestion.Contains("renamed in its place", StringComparison.Ordinal).Should().Be(isNamed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void What_has_one_neighbour_has_no_place(int index)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 24, new TestMember("aaaa", local.S32, 0), new TestMember("middle", local.S32, 64), new TestMember("zzzz", local.S32, 128));
        _ = target.Struct("s", 24, new TestMember("q", target.S32, 0), new TestMember("middle", target.S32, 64), new TestMember("w", target.S32, 128));

        Ask(local, target, root, $"0:{index}", CoreRelocationKind.FieldByteOffset, index * 8).Suggestion.Should().StartWith("If not every target has it");
    }

    [Fact]
    public void The_most_similar_name_that_fits_is_named()
    {
        string? Suggest(params string[] there) => SuggestField(
            btf => new TestMember("nr_threads", btf.S32, 64),
            btf => [.. there.Select((name, i) => new TestMember(name.TrimStart('*'), name[0] == '*' ? btf.Ptr(0) : btf.S32, 32u * (uint)i))]);

        Suggest("nr_thraeds_x", "nr_thread", "nr_threadz_").Should().StartWith("struct s has nr_thread,");
        Suggest("*nr_thread", "nr_threadss").Should().StartWith("struct s has nr_threadss,");
        Suggest("nr_thread", "__nr_threads").Should().StartWith("struct s has __nr_threads,", "only underscores differ");
    }

    [Theory]
    [InlineData("x_tv_sec", true)]
    [InlineData("x_sec", true)]
    [InlineData("__x_sec", true)]
    [InlineData("x_nsec", false)]
    [InlineData("*x_sec", false)]
    public void A_struct_that_was_dissolved_is_found_by_its_field(string there, bool isFound)
    {
        TestBtf local = new(), target = new();
        uint time = local.Struct("timespec", 16, new TestMember("tv_sec", local.S64, 0), new TestMember("tv_nsec", local.S64, 64));
        uint root = local.Struct("s", 24, new TestMember("__x", time, 64));
        _ = target.Struct("s", 16, new TestMember("completely_else", target.U8, 0), new TestMember(there.TrimStart('*'), there[0] == '*' ? target.Ptr(0) : target.S64, 64));

        string? suggestion = Ask(local, target, root, "0:0:0", CoreRelocationKind.FieldByteOffset, 8).Suggestion;

        if (isFound)
            suggestion.Should().StartWith($"struct s has {there} in place of __x.tv_sec. ");
        else
            suggestion.Should().NotContain("in place of");
    }

    [Fact]
    public void A_field_that_fits_nowhere_deeper_is_not_promised()
    {
        string? Suggest(Func<TestBtf, uint> type) => SuggestField(btf => new TestMember("x", btf.S32, 64), btf => [new TestMember("inner", type(btf), 0)]);

        Suggest(btf => btf.Struct("inner", 8, new TestMember("x", btf.Ptr(0), 0))).Should().NotContain("inner");
        Suggest(btf => btf.Ptr(btf.Struct("inner", 8, new TestMember("x", btf.Ptr(0), 0)))).Should().NotContain("inner");
        Suggest(btf => btf.Ptr(btf.Ptr(btf.Struct("inner", 8, new TestMember("x", btf.S32, 0))))).Should().NotContain("inner");
        Suggest(btf => btf.Struct("inner", 8, new TestMember("", btf.Union("", 4, new TestMember("x", btf.S32, 0)), 0))).Should().StartWith("struct s has inner.x, which");
    }

    [Fact]
    public void The_smallest_type_with_all_the_names_is_the_one_that_is_named()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("wanted_type", 8, new TestMember("m", local.S32, 0), new TestMember("n", local.S32, 32));
        _ = target.Struct("has_only_one", 8, new TestMember("m", target.S32, 0), new TestMember("o", target.S32, 32));
        _ = target.Struct("has_three", 12, new TestMember("m", target.S32, 0), new TestMember("n", target.S32, 32), new TestMember("o", target.S32, 64));
        _ = target.Union("is_a_union", 4, new TestMember("m", target.S32, 0), new TestMember("n", target.S32, 0));
        _ = target.Struct("", 8, new TestMember("m", target.S32, 0), new TestMember("n", target.S32, 32));
        _ = target.Struct("has_both", 8, new TestMember("n", target.S32, 0), new TestMember("m", target.S32, 32));
        _ = target.Struct("has_both_too", 8, new TestMember("n", target.S32, 0), new TestMember("m", target.S32, 32));
        _ = target.Struct("has_four", 16, new TestMember("m", target.S32, 0), new TestMember("n", target.S32, 32), new TestMember("o", target.S32, 64), new TestMember("p", target.S32, 96));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldByteOffset, 0).Suggestion.Should().StartWith("struct has_both of the target");
    }

    [Fact]
    public void A_type_with_one_member_could_be_anything()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("wanted_type", 8, new TestMember("m", local.S32, 0));
        _ = target.Struct("completely_else", 8, new TestMember("m", target.S32, 0));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldByteOffset, 0).Suggestion.Should().Be(
            "If it belongs to a module, load the module; if not every target has it, guard the access with bpf_core_type_exists(struct wanted_type).");
    }

    [Fact]
    public void The_most_similar_type_of_the_same_kind_is_named()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("task_structure___mine", 8, new TestMember("m", local.S32, 0));
        _ = target.Union("task_structure_", 8, new TestMember("m", target.S32, 0));
        _ = target.Struct("task_structura", 8, new TestMember("m", target.S32, 0));
        _ = target.Struct("tsk_structura", 8, new TestMember("m", target.S32, 0));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldByteOffset, 0).Suggestion.Should().StartWith("The target has struct task_structura. Check the name, or guard");
    }

    [Fact]
    public void The_most_similar_enumerator_is_named()
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("BPF_MAP_TYPE_HSH", 1));
        _ = target.Enum("e", signed: false, ("BPF_MAP_TYPE_XSX", 1), ("BPF_MAP_TYPE_HASH", 2), ("BPF_MAP_TYPE_XXH", 3));

        Ask(local, target, root, "0", CoreRelocationKind.EnumValue, 1).Suggestion.Should().Be(
            "enum e has BPF_MAP_TYPE_HASH, which may be its new name. Guard its use with bpf_core_enum_value_exists(enum e, BPF_MAP_TYPE_HSH).");
    }

    [Fact]
    public void An_enumerator_in_an_enum_without_a_name_is_found()
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("ELSEWHERE", 1));
        _ = target.Enum("e", signed: false, ("HERE", 1));
        _ = target.Enum("", signed: false, ("OTHER", 1), ("ELSEWHERE", 2));

        Ask(local, target, root, "0", CoreRelocationKind.EnumValue, 1).Suggestion.Should().StartWith("An enum without a name has it. Guard");
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
