namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>Judges many objects on many targets in parallel. Each BTF is read once and let go after its turn, so that as many are held as there are processors.</summary>
internal sealed class FleetRun
{
    private readonly (string Path, BpfObjectSpec? Spec, string? Problem)[] _objects;
    private readonly FleetAnswers?[] _answers;
    private readonly IReadOnlyList<FleetTarget> _targets;
    private readonly FleetPair[,] _pairs;
    private readonly bool[] _isModule;
    private int _done;

    private FleetRun(IReadOnlyList<string> objects, IReadOnlyList<FleetTarget> targets, bool withAnswers)
    {
        _objects = [.. objects.AsParallel().AsOrdered().Select(ReadObject)];
        _answers = [.. objects.Select(_ => withAnswers ? new FleetAnswers() : null)];
        _targets = targets;
        _pairs = new FleetPair[objects.Count, targets.Count];
        _isModule = new bool[targets.Count];
    }

    /// <summary>The objects, in the order in which they were named.</summary>
    public IReadOnlyList<string> Objects => [.. _objects.Select(each => each.Path)];

    /// <summary>The targets' names.</summary>
    public IReadOnlyList<string> Targets => [.. Kernels.Select(target => _targets[target].Name)];

    /// <summary>Every verdict, object by object.</summary>
    public IEnumerable<FleetPair> Pairs => Enumerable.Range(0, _objects.Length).SelectMany(PairsOf);

    /// <summary>What is odd and did not keep anything from being judged.</summary>
    public IEnumerable<string> Warnings => _objects.SelectMany(each => each.Spec?.Warnings ?? []).Distinct()
        .Concat(_isModule.Any(each => each) ? [$"{_isModule.Count(each => each)} of the files found are the BTF of modules, and were passed over: they need --base FILE, or a file named vmlinux beside them."] : []);

    private IEnumerable<int> Kernels => Enumerable.Range(0, _targets.Count).Where(target => !_isModule[target]);

    /// <summary>The verdicts on one object, target by target.</summary>
    public IEnumerable<FleetPair> PairsOf(int objectIndex) => Kernels.Select(target => _pairs[objectIndex, target]);

    /// <summary>What an object asks of every target, if the answers were asked for.</summary>
    public IReadOnlyList<FleetQuestion> QuestionsOf(int objectIndex) => _answers[objectIndex]?.Questions ?? [];

    /// <param name="objects">The files of the objects.</param>
    /// <param name="targets">The kernels.</param>
    /// <param name="withAnswers">Whether to keep what became of each relocation.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="interrupted">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static FleetRun Start(IReadOnlyList<string> objects, IReadOnlyList<FleetTarget> targets, bool withAnswers, Progress progress, CancellationToken interrupted)
    {
        var run = new FleetRun(objects, targets, withAnswers);

        // Where there are fewer kernels than processors, the objects share what is left of them.
        int inner = Math.Max(1, Environment.ProcessorCount / Math.Max(1, targets.Count));
        _ = Parallel.For(
            0, targets.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = interrupted },
            target => run.Judge(target, new ParallelOptions { MaxDegreeOfParallelism = inner, CancellationToken = interrupted }, progress));
        return run;
    }

    private static (string Path, BpfObjectSpec? Spec, string? Problem) ReadObject(string path)
    {
        try
        {
            return (path, BpfObjectSpec.Read(NamedFile.Require(path, "a BPF object")), null);
        }
        catch (Exception e) when (IsAboutAFile(e))
        {
            return (path, null, e.Message);
        }
    }

    private void Judge(int target, ParallelOptions options, Progress progress)
    {
        CoreTarget? read = null;
        string? problem = null;
        try
        {
            read = _targets[target].Read();
        }
        catch (BtfFormatException e) when (e.Code == BtfErrorCode.BaseMissing && _targets[target].IsFound)
        {
            _isModule[target] = true;
            return;
        }
        catch (Exception e) when (IsAboutAFile(e))
        {
            problem = e.Message;
        }

        _ = Parallel.For(0, _objects.Length, options, each => _pairs[each, target] = Judge(each, _targets[target].Name, read, problem));
        progress.Show($"{Interlocked.Increment(ref _done)} of {_targets.Count} kernels");
    }

    private FleetPair Judge(int index, string targetName, CoreTarget? target, string? problem)
    {
        (string path, BpfObjectSpec? spec, string? objectProblem) = _objects[index];
        if (spec is null || target is null)
            return FleetPair.Unreadable(path, targetName, $"unreadable: {objectProblem ?? problem}");
        try
        {
            return FleetPair.Of(path, targetName, BpfTargetAssessment.Of(spec, target), _answers[index]);
        }
        catch (Exception e) when (IsAboutAFile(e))
        {
            return FleetPair.Unreadable(path, targetName, $"unreadable: {e.Message}");
        }
    }

    private static bool IsAboutAFile(Exception e) => e is EbpfException or CommandException or IOException or UnauthorizedAccessException;
}
