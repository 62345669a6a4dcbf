using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>A struct or union; without a tag an anonymous one.</summary>
internal sealed class CRecord(bool isUnion, string? tag) : CType
{
    /// <summary>Changed by the mutator, before the first declaration.</summary>
    public bool IsUnion { get; set; } = isUnion;

    /// <summary>Changed by the mutator, before the first declaration.</summary>
    public string? Tag { get; set; } = tag;

    public List<CMember> Members { get; } = [];

    /// <summary>Whether it is only announced.</summary>
    public bool IsForward { get; init; }

    public string Keyword => IsUnion ? "union" : "struct";

    private string Body => $"{{ {string.Concat(Members.Select(m => Text(m) + " "))}}}";

    public override string Declare(string declarator) => Tag is null ? $"{Keyword} {Body} {declarator}" : $"{Keyword} {Tag} {declarator}";

    public override void Define(CDefinitions definitions)
    {
        if (!definitions.Begin(this))
            return;
        foreach (CMember member in Members)
            member.Type.Define(definitions);
        if (Tag is not null)
            definitions.Add(IsForward ? $"{Keyword} {Tag};" : $"{Keyword} {Tag} {Body};");
    }

    /// <summary>The members that C code can name: those of anonymous members too.</summary>
    public IEnumerable<CMember> Visible()
    {
        foreach (CMember member in Members)
        {
            if (member.Name.Length > 0)
                yield return member;
            else if (member.Type is CRecord anonymous)
                foreach (CMember inner in anonymous.Visible())
                    yield return inner;
        }
    }

    private static string Text(CMember member) =>
        member.Type.Declare(member.Bits == 0 ? member.Name : string.Create(CultureInfo.InvariantCulture, $"{member.Name}:{member.Bits}")).TrimEnd() + ";";
}
