using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace P3Ebpf.Fuzz;

/// <summary>Tries mutants of what has proved interesting, keeps those that reach something new, and those that are not dealt with.</summary>
internal sealed class Campaign : IDisposable
{
    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    /// <summary>The first inputs are compiled for.</summary>
    private const int Warm = 2000;

    private readonly FuzzTarget _target;
    private readonly Coverage _coverage = new();
    private readonly ByteMutator _mutator;
    private readonly Random _random;
    private readonly List<byte[]> _corpus = [];
    private readonly HashSet<string> _told = [];
    private readonly string _findings;
    private readonly Timer _watchdog;
    private byte[]? _current;
    private byte[]? _watched;
    private TimeSpan _since;

    public Campaign(FuzzTarget target, int seed, string findings)
    {
        _target = target;
        _findings = findings;
        _mutator = new ByteMutator(seed, target);
        _random = new Random(~seed);
        _watchdog = new Timer(_ => Watch(), null, 1000, 1000);
    }

    public long Inputs { get; private set; }

    public int Findings { get; private set; }

    public long MostAllocated { get; private set; }

    public TimeSpan Slowest { get; private set; }

    public int Edges => _coverage.Edges;

    public IReadOnlyList<byte[]> Corpus => _corpus;

    /// <summary>Tries seeds and kept inputs, and keeps those that add something: the shortest, which cost least from then on.</summary>
    public void Add(IEnumerable<byte[]> inputs)
    {
        foreach (byte[] input in inputs.OrderBy(input => input.Length))
            if (input.Length <= _target.MostBytes && Try(input))
                _corpus.Add(input);
        if (_corpus.Count == 0)
            _corpus.Add([]);
    }

    public void Run(TimeSpan duration, long count)
    {
        var clock = Stopwatch.StartNew();
        for (long i = 0; i < count && clock.Elapsed < duration; i++)
        {
            byte[] mutant = _mutator.Mutate(Choose(), _corpus);
            if (Try(mutant))
                _corpus.Add(mutant);
        }
    }

    public void Dispose() => _watchdog.Dispose();

    /// <summary>The latest are the least explored; of the others short ones are quicker, and so more often right to take.</summary>
    private byte[] Choose()
    {
        if (_random.Next(2) == 0)
            return _corpus[_corpus.Count - 1 - _random.Next(Math.Min(_corpus.Count, 16))];
        byte[] one = _corpus[_random.Next(_corpus.Count)], other = _corpus[_random.Next(_corpus.Count)];
        return one.Length <= other.Length ? one : other;
    }

    private bool Try(byte[] input)
    {
        Inputs++;
        Volatile.Write(ref _current, input);
        long begun = Stopwatch.GetTimestamp();
        Coverage.Begin();
        try
        {
            MostAllocated = Math.Max(MostAllocated, _target.Try(input));
        }
#pragma warning disable CA1031 // any exception at all is told with its input
        catch (Exception finding)
        {
            Tell(input, finding);
        }
#pragma warning restore CA1031

        bool isNew = _coverage.IsNew();
        if (Inputs > Warm && Stopwatch.GetElapsedTime(begun) > Slowest)
            Time(input);
        Volatile.Write(ref _current, null);
        return isNew;
    }

    /// <summary>What was slow by the clock, when the machine may have done other things, is tried again, by the processor's time.</summary>
    private void Time(byte[] input)
    {
        TimeSpan before = Environment.CpuUsage.UserTime;
        try
        {
            _ = _target.Try(input);
        }
#pragma warning disable CA1031 // it was told the first time
        catch (Exception)
        {
        }
#pragma warning restore CA1031

        TimeSpan took = Environment.CpuUsage.UserTime - before;
        if (took <= Slowest)
            return;
        Slowest = took;
        if (took > Slow)
            Console.WriteLine($"{_target.Name}: {Save(input)}: took {took.TotalMilliseconds:F0} ms");
    }

    private void Tell(byte[] input, Exception finding)
    {
        // One of each kind: where it was thrown tells the kind.
        string place = finding.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("P3Ebpf.", StringComparison.Ordinal) && !line.Contains("P3Ebpf.Fuzz", StringComparison.Ordinal))?.Trim() ?? string.Empty;
        string kind = finding is FuzzFindingException ? finding.GetType().Name + (finding.Message.Contains("allocated", StringComparison.Ordinal) ? " memory" : finding.Message) : finding.GetType().Name + place;
        if (!_told.Add(kind))
            return;
        Findings++;
        Console.WriteLine($"{_target.Name}: {Save(input)}: {finding}");
    }

    private string Save(byte[] input)
    {
        _ = Directory.CreateDirectory(_findings);
        string path = Path.Combine(_findings, $"{_target.Name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(path, input);
        return path;
    }

    private void Watch()
    {
        // The processor's time: on a machine that does other things, others say little.
        TimeSpan now = Environment.CpuUsage.UserTime;
        byte[]? current = Volatile.Read(ref _current);
        if (current is null || current != _watched)
            (_watched, _since) = (current, now);
        if (now - _since < Hanging || current is null)
            return;
        Console.WriteLine($"{_target.Name}: {Save(current)}: not done after {Hanging.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        Environment.Exit(3);
    }
}
