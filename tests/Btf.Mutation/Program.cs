using System.Diagnostics;
using System.Globalization;
using P3Ebpf.Btf;
using P3Ebpf.Btf.Tests.Check;
using P3Ebpf.TestSupport;

// Usage: P3Ebpf.Btf.Mutation [SEED] [COUNT]
// Damages captured BTF at random and gives it to the reader and the checker. Fails on anything but a BtfFormatException.
int firstSeed = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;

const string Large = "vmlinux-6.12.117-amd64";
const int LargeEvery = 500;
byte[] large = TestData.Btf(Large);
var largeSpec = BtfSpec.Parse(large);
byte[] distilledBase = TestData.Btf("distilled-7.2.13-nf_conntrack.base");
(byte[] Data, BtfSpec? Base)[] inputs =
[
    (TestData.Btf("mod-6.12.117-amd64.bridge"), largeSpec),
    (TestData.Btf("mod-6.12.117-amd64.nf_conntrack"), largeSpec),
    (TestData.Btf("mod-6.12.117-amd64.nf_conntrack"), null),
    (distilledBase, null),
    (TestData.Btf("distilled-7.2.13-nf_conntrack"), BtfSpec.Parse(distilledBase)),
    .. new[] { false, true }.Select(big => (Sample(big), (BtfSpec?)null)),
];

var clock = Stopwatch.StartNew();
int unexpected = 0;
int refused = 0;
double worstRatio = 0;
TimeSpan slowest = TimeSpan.Zero;
for (int i = 0; i < count; i++)
{
    int seed = unchecked(firstSeed + i);
    (byte[] original, BtfSpec? baseSpec) = i % LargeEvery == LargeEvery - 1 ? (large, null) : inputs[i % inputs.Length];
    byte[] data = new BtfMutator(seed).Mutate(original);
    TimeSpan started = clock.Elapsed;
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    if (Try(data, baseSpec, out bool isRefused) is { } problem)
    {
        unexpected++;
        Console.WriteLine($"seed {seed}: {problem}");
    }

    refused += isRefused ? 1 : 0;
    TimeSpan took = clock.Elapsed - started;
    slowest = took > slowest ? took : slowest;
    if (original.Length > 1 << 20)
        worstRatio = Math.Max(worstRatio, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)original.Length);
    if (clock.Elapsed.TotalSeconds >= 10 * (1 + (i / 1_000_000.0)) && i % 10_000 == 0)
        Console.Error.WriteLine($"{i} of {count}, {refused} refused, {unexpected} unexpected");
}

using var process = Process.GetCurrentProcess();
Console.WriteLine($"{count} mutations, {unexpected} unexpected");
Console.WriteLine(
    $"{refused} refused by the reader; slowest {slowest.TotalMilliseconds:F0} ms; allocated for a large file at most {worstRatio:F1} times its length; "
    + $"peak memory {process.PeakWorkingSet64 >> 20} MiB, largest input {large.Length / 1048576.0:F1} MiB; {clock.Elapsed.TotalSeconds:F0} s");
return unexpected == 0 ? 0 : 1;

static byte[] Sample(bool big)
{
    BtfBytes sample = BtfBytes.Sample();
    sample.IsBigEndian = big;
    return sample.Build();
}

static string? Try(byte[] data, BtfSpec? baseSpec, out bool isRefused)
{
    isRefused = false;
    try
    {
        try
        {
            _ = BtfSpec.Parse(data, new BtfReadOptions { Base = baseSpec });
        }
        catch (BtfFormatException)
        {
            isRefused = true;
        }

        BtfCheckReport report = BtfChecker.Check(data, new BtfCheckOptions { Base = baseSpec });
        return report.HasErrors != isRefused ? $"the reader {(isRefused ? "refuses" : "accepts")} what the checker judges: {report.Summary}" : null;
    }
#pragma warning disable CA1031 // any exception at all is a defect, and is told with its seed
    catch (Exception e)
    {
        return e.ToString();
    }
#pragma warning restore CA1031
}
