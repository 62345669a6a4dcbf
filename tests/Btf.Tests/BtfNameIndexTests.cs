namespace P3Ebpf.Btf.Tests;

public sealed class BtfNameIndexTests
{
    /// <summary>Around the 32 bytes that are looked at in one go, and where only both ends of a name count.</summary>
    private static readonly int[] Lengths = [.. Enumerable.Range(1, 70), 511, 512, 513, 700];

    [Fact]
    public void Names_of_every_length_are_found_with_and_without_flavour()
    {
        var builder = new BtfBuilder();
        foreach (int length in Lengths)
        {
            _ = builder.AddInt(Name(length), 4);
            _ = builder.AddInt($"{Name(length)}___flavour", 8);
        }

        BtfSpec spec = BtfSpec.Parse(builder.ToArray());

        foreach (int length in Lengths)
        {
            spec.TryFind(Name(length), BtfKind.Int, out BtfType plain).Should().BeTrue($"one has {length} characters");
            plain.Size.Should().Be(4);
            SizesOf(spec.FindAllFlavors(new BtfString(Name(length)).Bytes)).Should().Equal(4u, 8u);
        }

        spec.TryFind("no such name", BtfKind.Int, out _).Should().BeFalse();
    }

    [Fact]
    public void Three_underscores_after_the_end_of_a_name_are_no_flavour()
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("a", 1);
        _ = builder.AddInt("x___y", 2);
        _ = builder.AddInt("___z", 4);

        BtfSpec spec = BtfSpec.Parse(builder.ToArray());

        SizesOf(spec.FindAllFlavors("a"u8)).Should().Equal(1u);
        SizesOf(spec.FindAllFlavors("x"u8)).Should().Equal(2u);
        SizesOf(spec.FindAllFlavors("___z"u8)).Should().Equal(4u);
        spec.TryFind("x___y", BtfKind.Int, out _).Should().BeTrue();
    }

    private static string Name(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + ((i + length) % 26))));

    private static List<uint> SizesOf(BtfNameMatches matches)
    {
        List<uint> sizes = [];
        foreach (BtfType type in matches)
            sizes.Add(type.Size);
        return sizes;
    }
}
