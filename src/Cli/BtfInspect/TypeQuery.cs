namespace P3Ebpf.Cli.BtfInspect;

/// <summary>A type as people ask for it: <c>task_struct</c>, or <c>struct task_struct</c> where kinds share a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Keyword">The kind that it must have, in C's word; null for any.</param>
internal readonly record struct TypeQuery(string Name, string? Keyword)
{
    private static readonly string[] Keywords = ["struct", "union", "enum", "typedef"];

    public static TypeQuery Parse(string words)
    {
        string[] parts = words.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2 && Keywords.Contains(parts[0]) ? new TypeQuery(parts[1], parts[0]) : new TypeQuery(words, null);
    }

    /// <summary>Whether the type is of the kind that is asked for; a forward declaration is of the kind that it announces.</summary>
    public bool Admits(BtfType type) => Keyword is null || BtfKindNames.Keyword(type).Split(' ')[0] == Keyword;

    /// <summary>All types that are asked for, by id.</summary>
    /// <exception cref="CommandException">There is none; names those that may be meant.</exception>
    public IReadOnlyList<BtfType> FindIn(BtfSpec spec) => AllIn(spec) is { Count: > 0 } found ? found : throw NotFound(spec);

    public bool IsIn(BtfSpec spec) => AllIn(spec).Count > 0;

    /// <summary>What to say where none of these has such a type.</summary>
    public CommandException NotFound(params ReadOnlySpan<BtfSpec> specs)
    {
        string where = string.Join(" and ", specs.ToArray().Select(spec => spec.Source));
        string[] alike = [.. specs.ToArray().SelectMany(Alike).Distinct()];
        string hint = alike.Length > 0 ? $"Did you mean {string.Join(" or ", alike)}?" : "p3ebpf btf-inspect dump prints all types; upper and lower case differ.";
        return new CommandException("no-such-type", $"{where}: no type is called '{(Keyword is null ? Name : $"{Keyword} {Name}")}'.", hint);
    }

    private List<BtfType> AllIn(BtfSpec spec)
    {
        List<BtfType> found = [];
        foreach (BtfType type in spec.FindAll(Name))
        {
            if (Admits(type))
                found.Add(type);
        }

        return found;
    }

    /// <summary>The name with another kind, else similar names.</summary>
    private IReadOnlyList<string> Alike(BtfSpec spec)
    {
        List<string> sameName = [];
        foreach (BtfType type in spec.FindAll(Name))
            sameName.Add($"{BtfKindNames.Keyword(type)} {Name}");
        return sameName.Count > 0 ? sameName : BtfNameDistance.FindSimilar(spec, Name);
    }
}
