using System.Text;

namespace P3Ebpf.Btf.Tests;

public sealed class BtfNameDistanceTests
{
    [Theory]
    [InlineData("release", "release", 0)]
    [InlineData("realease", "release", 1)]
    [InlineData("relase", "release", 1)]
    [InlineData("relaxse", "release", 2)]
    [InlineData("reelase", "release", 1)]
    [InlineData("releaes", "release", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("ca", "abc", 3)]
    public void Changes_are_counted_a_swap_of_neighbours_as_one(string left, string right, int changes) =>
        BtfNameDistance.Changes(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right)).Should().Be(changes);

    [Fact]
    public void Long_names_are_compared_as_well()
    {
        byte[] left = [.. Enumerable.Range(0, 2000).Select(i => (byte)('a' + (i % 26)))];
        byte[] right = [.. left];
        (right[10], right[11]) = (right[11], right[10]);
        right[1999] = 0;
        BtfNameDistance.Changes(left, right).Should().Be(2);
    }

    [Theory]
    [InlineData("__state", "state", 0)]
    [InlineData("static_prio", "static_priority", 1)]
    [InlineData("tasks_rcu", "taksk_rcu", 2)]
    [InlineData("task_rcu_work", "taks_rcu_work", 1)]
    [InlineData("pid", "tid", BtfNameDistance.Unlike)]
    public void Names_are_alike_up_to_a_quarter_of_their_letters(string wanted, string found, int distance) =>
        BtfNameDistance.Between(Encoding.UTF8.GetBytes(wanted), Encoding.UTF8.GetBytes(found)).Should().Be(distance);

    [Theory]
    [InlineData("task", "task_struct", BtfNameDistance.Unlike)] // less than half
    [InlineData("task_s", "task_struct", 1)]
    [InlineData("task_struct", "task_s", 1)]
    [InlineData("tas", "task", BtfNameDistance.Unlike)] // too short to be cut
    [InlineData("abcd", "abcde", 1)]
    [InlineData("_", "__", 0)]
    [InlineData("abcdefgh", "abcdefxy", 2)]
    [InlineData("abcdefg", "abcdexy", BtfNameDistance.Unlike)]
    [InlineData("abcdefgh", "abcdefghij1", 1)] // cut short
    [InlineData("bcdefghi", "abcdefghij", 2)]
    [InlineData("", "a", BtfNameDistance.Unlike)]
    [InlineData("", "", 0)]
    public void Names_are_alike_where_little_differs_or_one_is_cut_short(string wanted, string found, int distance) =>
        BtfNameDistance.Between(Encoding.UTF8.GetBytes(wanted), Encoding.UTF8.GetBytes(found)).Should().Be(distance);

    [Fact]
    public void Names_longer_than_128_characters_are_alike_only_if_they_are_equal_or_cut_short()
    {
        byte[] At(int length, int changed)
        {
            byte[] name = [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 26)))];
            name[changed] = (byte)'Z';
            return name;
        }

        BtfNameDistance.Between(At(128, 5), At(128, 6)).Should().Be(2);
        BtfNameDistance.Between(At(129, 5), At(129, 6)).Should().Be(BtfNameDistance.Unlike);
        BtfNameDistance.Between(At(129, 5), At(129, 5)).Should().Be(0);
    }

    private static BtfSpec Named(params (string Name, BtfKind Kind)[] names)
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("int", 4), prototype = types.AddFuncProto(number);
        foreach ((string name, BtfKind kind) in names)
            _ = kind == BtfKind.Func ? types.AddFunc(name, prototype, BtfLinkage.Static) : kind == BtfKind.Struct ? types.AddStruct(name, 4) : types.AddTypedef(name, number);
        return types.ToSpec();
    }

    [Fact]
    public void The_likest_names_come_first_and_only_as_many_as_are_wanted()
    {
        BtfSpec spec = Named(
            ("release_task", BtfKind.Func), ("relaese_task", BtfKind.Struct), ("release_tasx", BtfKind.Func), ("releasextasx", BtfKind.Func), ("release_task", BtfKind.Typedef), ("unrelated", BtfKind.Func));

        BtfNameDistance.FindSimilar(spec, "release_task").Should().Equal("release_task", "relaese_task", "release_tasx");
        BtfNameDistance.FindSimilar(spec, "release_task", count: 9).Should().Equal("release_task", "relaese_task", "release_tasx", "releasextasx");
        BtfNameDistance.FindSimilar(spec, "release_task", BtfKind.Func).Should().Equal("release_task", "release_tasx", "releasextasx");
        BtfNameDistance.FindSimilar(spec, "release_task", BtfKind.Func, count: 1).Should().Equal("release_task");
        BtfNameDistance.FindSimilar(spec, "release_task", BtfKind.Enum).Should().BeEmpty();
        FluentActions.Invoking(() => BtfNameDistance.FindSimilar(null!, "a")).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => BtfNameDistance.FindSimilar(null!, "a", BtfKind.Func)).Should().Throw<ArgumentNullException>();
    }

    [Theory]
    [InlineData("vfs_write", "vfs_write vfs_writev do_vfs_write_x")]
    [InlineData("write", "vfs_write vfs_writev do_vfs_write_x")]
    [InlineData("vfs_writes", "vfs_write vfs_writev")]
    [InlineData("vfs", "vfs_write vfs_writev do_vfs_write_x")] // what has more than twelve letters more is none
    [InlineData("__vfs_write", "vfs_write vfs_writev")]
    [InlineData("zzz", "")]
    [InlineData("vfs_write_quick", "vfs_write")] // names that are cut short
    [InlineData("etirw_sfv", "")] // the same letters are not the same name
    public void Of_functions_those_that_hold_the_name_are_similar_too(string wanted, string similar)
    {
        BtfSpec spec = Named(("vfs_writev", BtfKind.Func), ("vfs_write", BtfKind.Func), ("do_vfs_write_x", BtfKind.Func), ("a_very_long_name_of_vfs_write", BtfKind.Func), ("vfs", BtfKind.Struct));

        string.Join(' ', BtfNameDistance.FindSimilar(spec, wanted, BtfKind.Func)).Should().Be(similar);
    }
}
