namespace P3Ebpf.Fuzz.Tests;

public sealed class ByteMutatorTests
{
    [Fact]
    public void The_same_seed_makes_the_same_mutants_and_none_is_too_long()
    {
        FuzzTarget target = FuzzTarget.Named("kallsyms");
        byte[][] corpus = [.. target.Seeds()];
        var one = new ByteMutator(7, target);
        var other = new ByteMutator(7, target);
        HashSet<string> distinct = [];
        for (int i = 0; i < 500; i++)
        {
            byte[] mutant = one.Mutate(corpus[0], corpus);
            other.Mutate(corpus[0], corpus).Should().Equal(mutant);
            mutant.Length.Should().BeLessThanOrEqualTo(target.MostBytes);
            distinct.Add(Convert.ToHexString(mutant));
        }

        distinct.Count.Should().BeGreaterThan(300);
    }
}
