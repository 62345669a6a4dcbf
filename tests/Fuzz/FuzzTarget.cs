namespace P3Ebpf.Fuzz;

/// <summary>Something that reads input which nobody vouches for.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Seeds">Sound inputs to begin with.</param>
/// <param name="Read">Reads an input, and lets nothing but what it must not throw escape.</param>
internal sealed record FuzzTarget(string Name, Func<IEnumerable<byte[]>> Seeds, Action<byte[]> Read)
{
    /// <summary>No input is made longer than this: what is long is slow, and rarely new.</summary>
    public int MostBytes { get; init; } = 1 << 14;

    /// <summary>Words that the format gives a meaning; mutants get them at once, where bytes at random would take ages.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>How many bytes it may allocate for an input of this length.</summary>
    public Func<byte[], long> AllowedBytes { get; init; } = static input => (1 << 20) + (64L * input.Length);

    public static FuzzTarget[] All { get; } = [.. Targets.BtfTargets.All, .. Targets.ElfTargets.All, .. Targets.ObjectTargets.All, .. Targets.TextTargets.All];

    public static FuzzTarget Named(string name) =>
        All.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException($"There is no target {name}; there are {string.Join(", ", All.Select(target => target.Name))}.");

    /// <summary>Reads an input and counts what it takes.</summary>
    /// <exception cref="FuzzFindingException">It takes more memory than it may.</exception>
    public long Try(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(input);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        long allowed = AllowedBytes(input);
        return allocated <= allowed ? allocated : throw new FuzzFindingException($"{allocated} bytes were allocated for {input.Length}; {allowed} are allowed.");
    }
}

/// <summary>An input that is not dealt with as it should be, though nothing was thrown.</summary>
internal sealed class FuzzFindingException(string message) : Exception(message);
