using System.Diagnostics;
using System.Globalization;
using P3Ebpf.Btf.Tests.Mutation;
using P3Ebpf.Mutation;

// Usage: P3Ebpf.Mutation --growth          what input that is made to cost takes, at two sizes
//        P3Ebpf.Mutation [--seed S] [--count N] [--only I] [--of btf|core|object] [--limit SECONDS]
// Damages sound data at random and gives it to every reader, checker, printer and writer. Fails on an exception by which none of
// them may refuse its input, on more memory than they may take for it, and on a mutant that takes longer than the limit.
if (args is ["--growth"])
    return Growth.Run() ? 0 : 1;

int firstSeed = Option("--seed", 1);
int count = Option("--count", 10_000);
int only = Option("--only", -1);
int limit = Option("--limit", 30);
string kinds = Text("--of") ?? "btf,core,object";

const int LargeEvery = 50_000;
const int ModuleEvery = 200;
const int DistilledEvery = 20;
List<Subject> small = [], distilled = [], modules = [];
Subject? large = null;
if (kinds.Contains("btf", StringComparison.Ordinal))
{
    small.AddRange(BtfSubjects.Small());
    distilled.AddRange(BtfSubjects.Distilled());
    modules.AddRange(BtfSubjects.Modules());
    large = BtfSubjects.Large();
}

if (kinds.Contains("core", StringComparison.Ordinal))
    small.AddRange(CoreSubjects.All());
if (kinds.Contains("object", StringComparison.Ordinal))
    small.AddRange(ObjectSubjects.All());

var totals = new SortedDictionary<string, OperationTotals>(StringComparer.Ordinal);
var trial = new Trial(totals);
var clock = Stopwatch.StartNew();
long startedAt = 0;
using var watchdog = new Timer(_ => Watch(), null, 1000, 1000);
int told = 0;
for (int i = only >= 0 ? only : 0; i < (only >= 0 ? only + 1 : count); i++)
{
    int seed = unchecked(firstSeed + i);
    Subject subject = Choose(seed);
    trial.Seed = seed;
    trial.Subject = subject.Name;
    trial.InputBytes = subject.Original.Length + subject.BaseBytes;
    Volatile.Write(ref startedAt, Stopwatch.GetTimestamp());
    subject.Try(Damage(subject, seed), seed, trial);
    for (; told < trial.Problems.Count; told++)
        Console.WriteLine(trial.Problems[told]);
    if (i % 100_000 == 99_999)
        Console.Error.WriteLine($"{i + 1} of {count}, {trial.Problems.Count} problems, {clock.Elapsed.TotalSeconds:F0} s");
}

Console.WriteLine($"{"operation",-12}{"runs",10}{"refused",10}{"mean us",10}{"most ms",10}{"most KiB",10}{"beyond, x",12}");
foreach ((string name, OperationTotals total) in totals)
{
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-12}{total.Runs,10}{total.Refused,10}{total.Total.TotalMicroseconds / total.Runs,10:F0}{total.Slowest.TotalMilliseconds,10:F1}{total.MostAllocated / 1024,10}{total.WorstMultiple,12:F1}"));
    Console.WriteLine($"    slowest: {total.SlowestOf}; most for its size: {total.WorstMultipleOf}");
}

using var process = Process.GetCurrentProcess();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"seeds {firstSeed}..{unchecked(firstSeed + count - 1)}: {(only >= 0 ? 1 : count)} mutants, {totals.Values.Sum(total => total.Runs)} operations, {trial.Problems.Count} problems; peak memory {process.PeakWorkingSet64 >> 20} MiB; {clock.Elapsed.TotalSeconds:F0} s"));
return trial.Problems.Count == 0 ? 0 : 1;

Subject Choose(int number)
{
    uint at = (uint)number;
    if (large is not null && at % LargeEvery == LargeEvery - 1)
        return large;
    if (modules.Count != 0 && at % ModuleEvery == ModuleEvery - 1)
        return modules[(int)(at / ModuleEvery % (uint)modules.Count)];
    if (distilled.Count != 0 && at % DistilledEvery == DistilledEvery - 1)
        return distilled[(int)(at / DistilledEvery % (uint)distilled.Count)];
    return small[(int)(at % (uint)small.Count)];
}

static byte[] Damage(Subject subject, int seed)
{
    var mutator = new Mutator(seed);
    if (subject.Parts.Length == 0 || seed % 4 == 0)
        return mutator.Mutate(subject.Original);
    (int start, int length) = subject.Parts[new Random(~seed).Next(subject.Parts.Length)];
    return mutator.Mutate(subject.Original, start, length);
}

void Watch()
{
    long started = Volatile.Read(ref startedAt);
    if (started == 0 || Stopwatch.GetElapsedTime(started).TotalSeconds < limit)
        return;
    Console.WriteLine($"{trial.Current} of {trial.Subject}, seed {trial.Seed}: not done after {limit} s");
    Environment.Exit(1);
}

int Option(string name, int fallback) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

string? Text(string name)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
