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

    [Fact]
    public void A_flavour_is_what_follows_the_last_three_underscores_wherever_they_stand()
    {
        for (int before = 1; before < 12; before++)
        {
            for (int after = 1; after < 6; after++)
            {
                string name = new('n', before), flavour = new('f', after);
                Essential($"{name}___{flavour}").Should().Be(name);
                Essential($"{name}___{flavour}___{flavour}").Should().Be($"{name}___{flavour}");
                Essential($"{name}____{flavour}").Should().Be($"{name}____{flavour}", "four underscores are no three");
                Essential($"{name}__{flavour}").Should().Be($"{name}__{flavour}");
                Essential($"{name}_x___{flavour}").Should().Be($"{name}_x");
            }

            Essential($"{new string('n', before)}___").Should().EndWith("___");
        }

        foreach (string name in new[] { "ab_c_d__e", "a_bc__d", "a__b_c", "a_b__c", "__a_b__c_d", "a_b_c__", "a__b__c" })
            Essential(name).Should().Be(name, "it has no three underscores");
        (Essential("___f"), Essential(""), Essential("_"), Essential("a___b_"), Essential("a_____b___c")).Should().Be(("___f", "", "_", "a", "a_____b"));

        static string Essential(string name) => System.Text.Encoding.UTF8.GetString(BtfEssentialName.Of(System.Text.Encoding.UTF8.GetBytes(name)));
    }

    [Fact]
    public void Every_kind_has_a_tag_and_a_keyword()
    {
        string[] tags =
        [
            "VOID", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF", "VOLATILE", "CONST", "RESTRICT", "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT", "DECL_TAG",
            "TYPE_TAG", "ENUM64", "UNKNOWN",
        ];
        Enumerable.Range(0, tags.Length).Select(kind => BtfKindNames.Tag((BtfKind)kind)).Should().Equal(tags);
        BtfSpec spec = BtfBuilderTests.EveryKind().ToSpec();
        foreach (BtfType type in spec.OwnTypes)
        {
            BtfKindNames.Keyword(type).Should().Be(type.Kind switch
            {
                BtfKind.Fwd => "union (forward)",
                BtfKind.Enum64 => "enum",
                BtfKind.DataSec => "section",
                var kind => BtfKindNames.Tag(kind).ToLowerInvariant(),
            });
        }

        BtfKindNames.Keyword(spec[BtfTypeId.Void]).Should().Be("void");
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
