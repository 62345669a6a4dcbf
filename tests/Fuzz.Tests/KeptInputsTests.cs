namespace P3Ebpf.Fuzz.Tests;

/// <summary>
/// The inputs that a search with coverage has kept, and those that once were not dealt with: all are read or refused as documented, in bounded memory.
/// <c>tests/Fuzz/run</c> searches for more.
/// </summary>
public sealed class KeptInputsTests
{
    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_kept_input_is_dealt_with(string name)
    {
        FuzzTarget target = FuzzTarget.Named(name);
        string kept = TestData.PathOf($"tests/Fuzz/Corpus/{name}");
        (string Name, byte[] Data)[] inputs =
        [
            .. target.Seeds().Select((seed, i) => ($"seed {i}", seed)),
            .. Directory.Exists(kept) ? Directory.GetFiles(kept).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))) : [],
        ];
        List<string> findings = [];

        foreach ((string input, byte[] data) in inputs)
        {
            try
            {
                _ = target.Try(data);
            }
#pragma warning disable CA1031 // any exception at all is told with its input
            catch (Exception e)
            {
                findings.Add($"{input}: {e}");
            }
#pragma warning restore CA1031
        }

        findings.Should().BeEmpty();
        inputs.Should().NotBeEmpty();
    }
}
