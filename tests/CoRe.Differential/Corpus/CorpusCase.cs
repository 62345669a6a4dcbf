namespace P3Ebpf.CoRe.Differential;

/// <summary>A local type, and statements that ask something of it.</summary>
internal sealed record CorpusCase(CType Root, IReadOnlyList<string> Statements)
{
    /// <summary>The tag or the typedef's name.</summary>
    public string RootName => Root.Name.Split(' ')[^1];
}
