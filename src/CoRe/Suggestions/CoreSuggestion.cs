using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>What somebody can do about a relocation that found nothing.</summary>
internal static class CoreSuggestion
{
    /// <returns>Full sentences, or <see langword="null"/> where nothing better than the message can be said.</returns>
    public static string? For(CoreAttempt attempt, CoreErrorCode error)
    {
        try
        {
            return attempt.Local is { } local ? For(attempt, local, error) : null;
        }
        catch (Exception e) when (e is CoreFailedException or BtfFormatException)
        {
            return null;
        }
    }

    private static string? For(CoreAttempt attempt, CoreAccess local, CoreErrorCode error)
    {
        if (error == CoreErrorCode.Erange)
            return "Take the address with __builtin_preserve_access_index(&...), as BPF_CORE_READ does, and read from there.";
        if (error != CoreErrorCode.None)
            return null;
        if (attempt.Found is not null)
            return $"Read bpf_core_field_size() bytes with bpf_probe_read_kernel(), or declare {Flavor(local)} with the target's type, and choose with bpf_core_field_size().";
        if (attempt.Candidates.Length == 0)
            return attempt.Suggestions.ForType(local);

        CoreCandidateType candidate = attempt.Candidates[0];
        return CoreKinds.IsEnumBased(local.Kind)
            ? CoreEnumSuggestion.For(attempt.Target, local, candidate, attempt.Suggestions.Budget)
            : CoreFieldSuggestion.For(local, candidate, attempt.Suggestions.Budget);
    }

    /// <summary>A name for another declaration of the root type, for example <c>struct task_struct___other</c>.</summary>
    public static string Flavor(CoreAccess local) =>
        $"{BtfKindNames.Keyword(local.Root)} {Utf8Text.Excerpt(BtfEssentialName.Of(local.Root.Name.Bytes))}___other";
}
