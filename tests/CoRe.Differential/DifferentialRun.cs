using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Generates objects, has both sides relocate them, and tells what came of it.</summary>
internal sealed class DifferentialRun : IDisposable
{
    private const int MaxShown = 20;
    private const int CasesToDamage = 8;

    private readonly string _directory;
    private readonly bool _isTemporary;
    private readonly BpfCompiler _compiler;
    private readonly LibbpfOracle? _oracle;

    public DifferentialRun(string? directory, BpfCompiler compiler, LibbpfOracle? oracle)
    {
        _isTemporary = directory is null;
        _directory = directory is null ? Directory.CreateTempSubdirectory("p3ebpf-differential").FullName : Directory.CreateDirectory(directory).FullName;
        _compiler = compiler;
        _oracle = oracle;
    }

    /// <summary>Compares as many objects as asked for, and damaged ones.</summary>
    /// <param name="seed">Other seeds make other objects.</param>
    /// <param name="objects">How many large objects.</param>
    /// <param name="cases">How many types each of them asks about.</param>
    /// <param name="damaged">How many damaged objects for each large one.</param>
    /// <returns>Whether there was no difference.</returns>
    public bool Run(ulong seed, int objects, int cases, int damaged)
    {
        List<KernelTarget> kernels = KernelTarget.All(_directory);
        var comparison = new Comparison(_oracle!);
        var byteOrder = new ByteOrderCheck(kernels.First(k => k.IsBigEndian));
        for (int i = 0; i < objects; i++)
        {
            KernelTarget donor = kernels[i % kernels.Count];
            var generator = new CorpusGenerator(donor.Btf);
            int cpu = 3 + (i / kernels.Count % 2);
            string name = string.Create(CultureInfo.InvariantCulture, $"object{i}");
            ulong objectSeed = (seed * 1_000_003) + (ulong)i;
            CorpusObject large = CorpusObject.BuildAccepted(generator.Generate(objectSeed, cases, mutated: 60), PathOf(name), _compiler, cpu, kernels);
            Compare(comparison, large.Path, kernels);
            byteOrder.Compare(large.Path, _compiler.Compile(PathOf(name), cpu, bigEndian: true));
            for (int j = 0; j < large.Refused.Count; j++)
                Compare(comparison, CorpusObject.Build([large.Refused[j]], PathOf($"{name}_refused{j}"), _compiler, cpu).Path, kernels);
            CompareDamaged(comparison, generator, objectSeed, damaged, name, cpu, kernels);
            Console.WriteLine(
                $"{name} of {donor.Name}: {comparison.Relocations} relocations so far, {comparison.Refusals} refusals, "
                + $"{comparison.Differences.Count + byteOrder.Differences.Count} differences");
        }

        foreach (string difference in comparison.Differences.Concat(byteOrder.Differences).Take(MaxShown))
            Console.WriteLine(difference);
        Console.WriteLine(comparison);
        Console.WriteLine($"{byteOrder.Relocations} relocations of big-endian objects checked against those of little-endian ones: {byteOrder.Differences.Count} differences");
        return comparison.Differences.Count + byteOrder.Differences.Count == 0;
    }

    /// <summary>Writes one object that relocates against one kernel.</summary>
    public void Generate(string source, string kernel, string strip, ulong seed, int cases)
    {
        var target = new KernelTarget(kernel, _directory);
        List<CorpusCase> corpus = new CorpusGenerator(target.Btf).Generate(seed, cases, mutated: 25);
        CorpusObject written = CorpusObject.BuildAccepted(corpus, source, _compiler, cpu: 3, [target]);
        BpfCompiler.Strip(written.Path, strip);
        var own = new OwnRelocation(written.Path, target.Target);
        Console.WriteLine($"{written.Path}: {own.Results.Count()} relocations{(own.Outcome.IsRefused ? ", but " + own.Outcome.Message : string.Empty)}");
    }

    public void Dispose()
    {
        if (_isTemporary)
            Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Small objects, since a refusal hides what comes after it; each damaged one against a kernel of its own.</summary>
    private void CompareDamaged(
        Comparison comparison, CorpusGenerator generator, ulong seed, int count, string name, int cpu, IReadOnlyList<KernelTarget> kernels)
    {
        if (count == 0)
            return;
        CorpusObject small = CorpusObject.BuildAccepted(generator.Generate(~seed, CasesToDamage, mutated: 30), PathOf(name + "_small"), _compiler, cpu, kernels);
        var tamperer = new ObjectTamperer(small.Path);
        var random = new SeededRandom(seed);
        for (int i = 0; i < count && tamperer.HasRelocations; i++)
        {
            string damaged = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{name}_damaged{i}.o"));
            File.WriteAllBytes(damaged, tamperer.Tamper(random));
            Compare(comparison, damaged, [random.Pick(kernels)]);
        }
    }

    private static void Compare(Comparison comparison, string bpfObject, IReadOnlyList<KernelTarget> kernels)
    {
        foreach (KernelTarget kernel in kernels)
            comparison.Compare(bpfObject, kernel);
    }

    private string PathOf(string name) => Path.Combine(_directory, name + ".c");
}
