namespace P3Ebpf.Loader.Tests;

/// <summary>
/// Each system call of an operation fails once. The operation then says so in one typed exception, or does without; nothing that it made stays,
/// in this process or in the kernel.
/// </summary>
public abstract class FaultTests
{
    private protected static readonly FaultReason[] AllReasons = [FaultReason.Exhausted, FaultReason.Forbidden, FaultReason.Unknown];

    public static TheoryData<FaultReason> Reasons => [.. AllReasons];

    private protected static void Walk(FaultReason reason, Action<Undoing> operation) => Walk(reason, _ => { }, operation);

    private protected static void Walk(FaultReason reason, Action<FaultWalk> prepare, Action<Undoing> operation)
    {
        // A refused trial would be taken for the kernel's answer.
        _ = KernelFeature.All.Count(feature => feature.IsSupported());
        var walk = new FaultWalk(reason);
        prepare(walk);
        walk.Run(operation);
    }

    /// <summary>Loads an object, attaches all of it, and pins all into a directory.</summary>
    private protected static void LoadAttachAndPin(BpfObjectSpec spec, string directory, Undoing stage)
    {
        BpfPinPlan plan = BpfPinPlan.InDirectory(spec, directory);
        using BpfPinScope scope = BpfFs.Prepare(plan.Paths);
        using BpfObject loaded = spec.Load();
        loaded.Attach();
        plan.Apply(scope, loaded);
        stage.Begin();
    }
}
