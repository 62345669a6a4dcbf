using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>The names of a BTF's types of one kind with what rules most of them out at little cost when a name is looked for that is like another. Read once, then safe under concurrent readers.</summary>
internal sealed class BtfNamesOfKind
{
    private static readonly ConditionalWeakTable<BtfSpec, Dictionary<BtfKind, BtfNamesOfKind>> Known = new();

    private readonly List<BtfTypeId> _ids = [];
    private readonly List<ulong> _letters = [];
    private readonly List<int> _lengths = [];
    private readonly BtfSpec _spec;

    private BtfNamesOfKind(BtfSpec spec, BtfKind kind)
    {
        _spec = spec;
        foreach (BtfType type in spec.Types)
        {
            if (type.Kind != kind)
                continue;
            ReadOnlySpan<byte> name = type.Name.Bytes;
            if (name.IsEmpty)
                continue;
            _ids.Add(type.Id);
            _letters.Add(BtfNameDistance.LettersOf(name));
            _lengths.Add(name.Length);
        }
    }

    public int Count => _ids.Count;

    public static BtfNamesOfKind Of(BtfSpec spec, BtfKind kind)
    {
        Dictionary<BtfKind, BtfNamesOfKind> kinds = Known.GetValue(spec, static _ => []);
        lock (kinds)
        {
            if (!kinds.TryGetValue(kind, out BtfNamesOfKind? names))
                kinds.Add(kind, names = new BtfNamesOfKind(spec, kind));
            return names;
        }
    }

    public BtfString NameAt(int index) => _spec[_ids[index]].Name;

    public ulong LettersAt(int index) => _letters[index];

    public int LengthAt(int index) => _lengths[index];
}
