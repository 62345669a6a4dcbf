using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>A relocation looked at once more, for somebody who wants to know what it asked, what was considered, what was found.</summary>
internal sealed class CoreAttempt
{
    public CoreAttempt(BtfSpec local, CoreTarget target, CoreSuggestions suggestions, in CoreRelocationRecord record, in CoreTrace trace)
    {
        Record = record;
        Target = target;
        Suggestions = suggestions;
        LocalBtf = local;
        Candidates = trace.Candidates ?? [];
        Considered = trace.Considered ?? [];
        if (!trace.IsParsed)
            return;
        Local = new CoreAccess();
        CoreAccessParser.Parse(Local, local, record);
        if (!trace.HasFound)
            return;
        Found = new CoreAccess();
        _ = new CoreAccessMatcher(Local, trace.Found.Btf, why: null).Match(Found, trace.Found.Id);
    }

    public CoreRelocationRecord Record { get; }

    public CoreTarget Target { get; }

    /// <summary>Where advice is looked for.</summary>
    public CoreSuggestions Suggestions { get; }

    public BtfSpec LocalBtf { get; }

    /// <summary>What is accessed locally; <see langword="null"/> where it is malformed.</summary>
    public CoreAccess? Local { get; }

    /// <summary>What the first matching candidate has for it.</summary>
    public CoreAccess? Found { get; }

    /// <summary>All candidates for the root.</summary>
    public CoreCandidateType[] Candidates { get; }

    /// <summary>Those that earlier relocations had left.</summary>
    public CoreCandidateType[] Considered { get; }
}
