namespace P3Ebpf.CoRe;

/// <summary>All relocations that a relocator was asked for.</summary>
public sealed class CoreRelocationReport
{
    internal CoreRelocationReport(IReadOnlyList<CoreRelocationResult> results, IReadOnlyList<string> warnings)
    {
        Results = results;
        Warnings = warnings;
    }

    /// <summary>One result for each relocation, in the order in which they were asked for.</summary>
    public IReadOnlyList<CoreRelocationResult> Results { get; }

    /// <summary>What went wrong without doing harm, such as a module whose BTF could not be read.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Whether none failed. Poisoned instructions are no failure as long as they are not reached.</summary>
    public bool Succeeded
    {
        get
        {
            foreach (CoreRelocationResult result in Results)
            {
                if (result.Outcome == CoreRelocationOutcome.Failed)
                    return false;
            }

            return true;
        }
    }
}
