namespace P3Ebpf.Loader.Programs;

/// <summary>The outcome of <see cref="BpfProgram.TestRun"/>.</summary>
/// <param name="ReturnValue">What the program returned.</param>
/// <param name="AverageDuration">The time of one run, on average.</param>
/// <param name="DataLength">Bytes of packet data written back.</param>
/// <param name="ContextLength">Bytes of context written back.</param>
public readonly record struct BpfTestRunResult(uint ReturnValue, TimeSpan AverageDuration, int DataLength, int ContextLength);
