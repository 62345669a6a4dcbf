namespace P3Ebpf.Linker.Tests;

/// <summary>A damaged object gets a typed error, or is linked to something that can be read; never anything else, and never much memory.</summary>
public sealed class DamagedInputTests
{
    private const int Rounds = 1500;
    private const long AllowedBytes = 1 << 25;

    public static TheoryData<string> Names => ["main", "library", "more", "ops_static", "big_library"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutated_at_random(string name)
    {
        byte[] whole = LinkFiles.Bytes(name);
        byte[][] others = [.. (name switch
        {
            "big_library" => ["big_main"],
            "ops_static" => ["library", "ops_two"],
            _ => LinkFiles.Whole.Where(other => other != name),
        }).Select(LinkFiles.Bytes)];
        (int Start, int Length)[] places = ObjectMutation.PlacesIn(whole);
        int linked = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] mutant = ObjectMutation.Mutate(whole, places, new Random(seed));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                BpfLinkResult result = LinkFiles.LinkBytes([mutant, .. others]);
                linked++;
                (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(AllowedBytes, $"seed {seed} of {name}");
                ReadAgain(result);
            }
            catch (Exception e) when (e is BpfLinkException or ElfFormatException or BtfFormatException)
            {
                (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(AllowedBytes, $"seed {seed} of {name}");
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Seed {seed} of {name}: {e}");
            }
        }

        linked.Should().BeInRange(Rounds / 100, Rounds - (Rounds / 100), "mutants that are all linked, or none, test nothing");
    }

    [Fact]
    public void Truncated_anywhere()
    {
        byte[] whole = LinkFiles.Bytes("library");
        for (int length = 0; length < whole.Length; length += 1 + (length % 13))
        {
            byte[] part = whole[..length];
            FluentActions.Invoking(() => LinkFiles.LinkBytes(part)).Should().Throw<EbpfException>($"it has {length} of {whole.Length} bytes")
                .Which.Should().Match(e => e is BpfLinkException || e is ElfFormatException || e is BtfFormatException);
        }
    }

    [Fact]
    public void A_result_beyond_the_limit_is_refused()
    {
        var linker = new BpfLinker(new BpfLinkOptions { MaxSize = 512 });
        linker.Add(LinkFiles.PathOf("main"));
        linker.Add(LinkFiles.PathOf("library"));
        FluentActions.Invoking(linker.Link).Should().Throw<BpfLinkException>().Which.Code.Should().Be(BpfLinkErrorCode.TooLarge);
    }

    private static void ReadAgain(BpfLinkResult result)
    {
        try
        {
            _ = ObjectMeaning.Of(result.Data);
            _ = result.Spec();
        }
        catch (BpfObjectFormatException)
        {
            // What makes no sense to a loader may well be linked.
        }
    }
}
