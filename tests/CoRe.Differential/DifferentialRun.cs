using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Generates objects, has both sides relocate them, and tells what came of it.</summary>
internal sealed class DifferentialRun : IDisposable
{
    private const int MaxShown = 20;

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

    /// <summary>Compares as many objects as asked for.</summary>
    /// <returns>Whether there was no difference.</returns>
    public bool Run(ulong seed, int objects, int cases)
    {
        List<KernelTarget> kernels = KernelTarget.All(_directory);
        var comparison = new Comparison(_oracle!);
        int shown = 0;
        for (int i = 0; i < objects; i++)
        {
            KernelTarget donor = kernels[i % kernels.Count];
            List<CorpusCase> corpus = new CorpusGenerator(donor.Btf).Generate(seed + (ulong)i, cases, mutated: 60);
            int cpu = 3 + (i % 2);
            string name = string.Create(CultureInfo.InvariantCulture, $"object{i}");
            CorpusObject large = CorpusObject.BuildAccepted(corpus, PathOf(name), _compiler, cpu, kernels);
            Compare(comparison, large, kernels);
            for (int j = 0; j < large.Refused.Count; j++)
            {
                string refused = string.Create(CultureInfo.InvariantCulture, $"{name}_refused{j}");
                Compare(comparison, CorpusObject.Build([large.Refused[j]], PathOf(refused), _compiler, cpu), kernels);
            }

            Console.WriteLine($"{name} of {donor.Name}: {comparison.Relocations} relocations so far, {comparison.Refusals} refusals, {comparison.Differences.Count} differences");
            for (; shown < Math.Min(comparison.Differences.Count, MaxShown); shown++)
                Console.WriteLine(comparison.Differences[shown]);
        }

        Console.WriteLine(comparison);
        return comparison.Differences.Count == 0;
    }

    /// <summary>Writes one object that relocates against one kernel.</summary>
    public void Generate(string source, string kernel, ulong seed, int cases)
    {
        var target = new KernelTarget(kernel, _directory);
        List<CorpusCase> corpus = new CorpusGenerator(target.Btf).Generate(seed, cases, mutated: 25);
        CorpusObject written = CorpusObject.BuildAccepted(corpus, source, _compiler, cpu: 3, [target]);
        var own = new OwnRelocation(written.Path, target.Target);
        Console.WriteLine($"{written.Path}: {own.Results.Count()} relocations{(own.Outcome.IsRefused ? ", but " + own.Outcome.Message : string.Empty)}");
    }

    public void Dispose()
    {
        if (_isTemporary)
            Directory.Delete(_directory, recursive: true);
    }

    private static void Compare(Comparison comparison, CorpusObject item, IReadOnlyList<KernelTarget> kernels)
    {
        foreach (KernelTarget kernel in kernels)
            comparison.Compare(item.Path, kernel);
    }

    private string PathOf(string name) => Path.Combine(_directory, name + ".c");
}
