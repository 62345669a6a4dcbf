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
    private byte[] _current = [];
    private long _started;

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

    /// <summary>Tries seeds and kept inputs, and keeps those that add something.</summary>
    public void Add(IEnumerable<byte[]> inputs)
    {
        foreach (byte[] input in inputs)
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
            // The latest are the least explored.
            int at = _random.Next(2) == 0 ? _random.Next(_corpus.Count) : _corpus.Count - 1 - _random.Next(Math.Min(_corpus.Count, 16));
            byte[] mutant = _mutator.Mutate(_corpus[at], _corpus);
            if (Try(mutant))
                _corpus.Add(mutant);
        }
    }

    /// <summary>Those of the corpus, shortest first, that together reach all that it reaches.</summary>
    public static List<byte[]> Minimised(FuzzTarget target, IEnumerable<byte[]> corpus)
    {
        var coverage = new Coverage();
        List<byte[]> kept = [];
        foreach (byte[] input in corpus.OrderBy(input => input.Length))
        {
            coverage.Begin();
            try
            {
                _ = target.Try(input);
            }
#pragma warning disable CA1031 // a finding is no part of a corpus, whatever it is
            catch (Exception)
            {
                continue;
            }
#pragma warning restore CA1031

            if (coverage.IsNew())
                kept.Add(input);
        }

        return kept;
    }

    public void Dispose() => _watchdog.Dispose();

    private bool Try(byte[] input)
    {
        Inputs++;
        TimeSpan before = Environment.CpuUsage.UserTime;
        _coverage.Begin();
        _current = input;
        Volatile.Write(ref _started, before.Ticks);
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

        TimeSpan took = Environment.CpuUsage.UserTime - before;
        Volatile.Write(ref _started, 0L);
        if (took > Slowest && Inputs > Warm)
        {
            Slowest = took;
            if (took > Slow)
                Console.WriteLine($"{_target.Name}: {Save(input)}: took {took.TotalMilliseconds:F0} ms");
        }

        return _coverage.IsNew();
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
        long started = Volatile.Read(ref _started);
        if (started == 0 || Environment.CpuUsage.UserTime.Ticks - started < Hanging.Ticks)
            return;
        Console.WriteLine($"{_target.Name}: {Save(_current)}: not done after {Hanging.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        Environment.Exit(3);
    }
}
