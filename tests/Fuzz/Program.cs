using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using P3Ebpf.Fuzz;

// Usage: P3Ebpf.Fuzz [TARGET ...] [--seconds S] [--count N] [--seed S] [--corpus DIRECTORY] [--from DIRECTORY] [--findings DIRECTORY] [--minimise]
//        P3Ebpf.Fuzz --afl TARGET     one target under afl-fuzz
//        P3Ebpf.Fuzz --reproduce TARGET FILE
// Without targets, all in turn. What is new is kept in the corpus, which begins with what is in it and in the directory of --from; with --minimise only the few
// inputs that together reach most (see Cover).
Coverage.Install();
if (args is ["--afl", var under])
{
    FuzzTarget fuzzed = FuzzTarget.Named(under);
    SharpFuzz.Fuzzer.Run(stream =>
    {
        using var data = new MemoryStream();
        stream.CopyTo(data);
        _ = fuzzed.Try(data.ToArray());
    });
    return 0;
}

if (args is ["--reproduce", var of, var file])
{
    Console.WriteLine($"{FuzzTarget.Named(of).Try(File.ReadAllBytes(file))} bytes allocated");
    return 0;
}

string[] options = ["--seconds", "--count", "--seed", "--corpus", "--from", "--findings"];
bool isMinimising = args.Contains("--minimise");
string[] names = [.. args.Where((arg, i) => arg != "--minimise" && !options.Contains(arg) && (i == 0 || !options.Contains(args[i - 1])))];
TimeSpan duration = TimeSpan.FromSeconds(long.Parse(Option("--seconds", "60"), CultureInfo.InvariantCulture));
long count = long.Parse(Option("--count", "9000000000000000000"), CultureInfo.InvariantCulture);
int seed = int.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture);
string corpus = Option("--corpus", TestDataCorpus());
int findings = 0;
foreach (FuzzTarget target in names.Length == 0 ? FuzzTarget.All : [.. names.Select(FuzzTarget.Named)])
{
    var clock = Stopwatch.StartNew();
    byte[][] seeds = [.. target.Seeds()];
    using var campaign = new Campaign(target, seed, Option("--findings", "findings"));
    campaign.Add([.. seeds, .. Kept(corpus, target), .. args.Contains("--from") ? Kept(Option("--from", corpus), target) : []]);
    int before = campaign.Edges;
    campaign.Run(duration, count);
    findings += campaign.Findings;
    // Seeds are made again each time.
    HashSet<string> known = [.. seeds.Select(Convert.ToHexString)];
    List<byte[]> left = [.. campaign.Corpus.Where(input => !known.Contains(Convert.ToHexString(input)))];
    int edges = campaign.Edges;
    if (isMinimising)
        (left, edges) = Cover.Of(target, left);
    Keep(Path.Combine(corpus, target.Name), left);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}\t{campaign.Inputs} inputs\t{clock.Elapsed.TotalSeconds:F0} s\t{campaign.Edges} edges (begun with {before})\t{left.Count} kept, which reach {edges}\t{campaign.MostAllocated >> 10} KiB and {campaign.Slowest.TotalMilliseconds:F0} ms at most\t{campaign.Findings} findings"));
}

return findings == 0 ? 0 : 1;

static byte[][] Kept(string corpus, FuzzTarget target)
{
    string directory = Path.Combine(corpus, target.Name);
    return Directory.Exists(directory) ? [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
}

// What once was a finding stays, whatever it reaches now.
static void Keep(string directory, List<byte[]> inputs)
{
    if (Directory.Exists(directory))
        foreach (string path in Directory.GetFiles(directory))
            if (!Path.GetFileName(path).StartsWith("finding-", StringComparison.Ordinal))
                File.Delete(path);
    _ = Directory.CreateDirectory(directory);
    foreach (byte[] input in inputs)
        File.WriteAllBytes(Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(input))[..16]), input);
}

string Option(string name, string fallback)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
}

static string TestDataCorpus() => P3Ebpf.TestSupport.TestData.PathOf("tests/Fuzz/Corpus");
