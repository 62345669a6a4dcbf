using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Keeps the names of one source apart: a name that is taken gets a flavour suffix, which relocation does not see.</summary>
internal sealed class CNames(SeededRandom random)
{
    private readonly Dictionary<string, string> _tags = new(StringComparer.Ordinal);
    private readonly HashSet<string> _defined = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ordinary = new(StringComparer.Ordinal);
    private int _flavors;

    /// <summary>A tag for a definition of its own.</summary>
    public string Tag(string keyword, string name) =>
        random.Chance(60) && Refer(keyword, name) && _defined.Add(name) ? name : Flavor(name);

    /// <summary>Whether a pointer may refer to this tag: nothing else has taken it for another kind.</summary>
    public bool Refer(string keyword, string name) => _tags.TryAdd(name, keyword) || _tags[name] == keyword;

    /// <summary>A name for a typedef or an enumerator.</summary>
    public string Ordinary(string name) =>
        random.Chance(60) && !name.StartsWith("__builtin", StringComparison.Ordinal) && _ordinary.Add(name) ? name : Flavor(name);

    /// <summary>A new flavour of a name.</summary>
    public string Flavor(string name) => name + "___" + (++_flavors).ToString(CultureInfo.InvariantCulture);
}
