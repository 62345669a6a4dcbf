using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Puts a relocation into words, after the fact.</summary>
internal static class CoreExplanation
{
    private const int MaxListed = 4;

    /// <summary>How many candidates are looked at once more; in kernels a type has a dozen at most.</summary>
    private const int MaxExplained = 64;

    /// <summary>The access, or as much of it as can be told where it is malformed.</summary>
    public static string LocalText(CoreAttempt attempt)
    {
        if (attempt.Local is { } local)
            return local.ToString();
        string root = attempt.LocalBtf.TryGetType(attempt.Record.TypeId, out BtfType type) ? CoreAccess.Named(type) : $"type {attempt.Record.TypeId.Value}";
        return attempt.LocalBtf.TryGetString(attempt.Record.AccessStringOffset, out BtfString access) ? $"{root} ({CoreAccess.Text(access)})" : root;
    }

    public static IReadOnlyList<CoreCandidate> Candidates(CoreAttempt attempt)
    {
        var told = new CoreCandidate[Math.Min(attempt.Candidates.Length, MaxExplained)];

        // Those considered are among all, in their order.
        int considered = 0;
        for (int i = 0; i < told.Length; i++)
        {
            bool isRuledOut = considered == attempt.Considered.Length || attempt.Considered[considered] != attempt.Candidates[i];
            told[i] = Explain(attempt, attempt.Candidates[i], isRuledOut);
            considered += isRuledOut ? 0 : 1;
        }

        return told;
    }

    public static string Message(CoreAttempt attempt, IReadOnlyList<CoreCandidate> candidates)
    {
        if (attempt.Found is { } found)
            return $"{found.ToStringWithId()} has another size or sign than in the program, so this load or store would read or write it wrongly";

        string root = attempt.Local!.RootText();
        if (candidates.Count == 0)
            return $"{attempt.Target.Name} has no {root}";
        if (candidates.Count == 1)
            return candidates[0].Reason ?? $"{root} does not match";

        var reasons = new List<string>();
        for (int i = 0; i < candidates.Count && i < MaxListed; i++)
            reasons.Add($"{candidates[i].Id} {candidates[i].Reason ?? "matches, but an earlier relocation had ruled it out"}");
        int count = attempt.Candidates.Length;
        if (count > MaxListed)
            reasons.Add($"and {count - MaxListed} more");
        return $"none of {count} types named {root} fits: {string.Join("; ", reasons)}";
    }

    private static CoreCandidate Explain(CoreAttempt attempt, CoreCandidateType candidate, bool isRuledOut)
    {
        string type = CoreAccess.Named(candidate.Btf[candidate.Id]);
        if (attempt.Local is not { } local)
            return new CoreCandidate(candidate.Target.Name, candidate.Id, type, Matches: false, isRuledOut, FailedAt: null, "the access is malformed");

        var why = new CoreMismatch();
        bool matches;
        try
        {
            matches = new CoreAccessMatcher(local, candidate.Btf, why).Match(new CoreAccess(), candidate.Id);
        }
        catch (Exception e) when (e is CoreFailedException or BtfFormatException)
        {
            why.Because(e.Message);
            matches = false;
        }

        return new CoreCandidate(
            candidate.Target.Name, candidate.Id, type, matches, isRuledOut, matches ? null : why.Accessor, matches ? null : why.Reason);
    }
}
