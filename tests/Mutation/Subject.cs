namespace P3Ebpf.Mutation;

/// <summary>Something to damage, and what to do with it then.</summary>
/// <param name="Name">What the output calls it.</param>
/// <param name="Original">The sound data.</param>
/// <param name="BaseBytes">Bytes of what the data is used together with, which counts as input.</param>
/// <param name="Try">Does everything with a damaged form of it.</param>
internal sealed record Subject(string Name, byte[] Original, long BaseBytes, Action<byte[], int, Trial> Try)
{
    /// <summary>Parts of the data to be damaged alone, now and then; none where the whole is as good.</summary>
    public (int Start, int Length)[] Parts { get; init; } = [];
}
