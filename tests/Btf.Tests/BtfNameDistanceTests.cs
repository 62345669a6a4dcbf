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
}
