using System.Runtime.CompilerServices;

namespace P3Ebpf.Object.Requirements;

/// <summary>The numbers of the bpf() interface that a kernel knows, as its BTF has them. Safe under concurrent readers.</summary>
internal sealed class TargetEnums
{
    private static readonly ConditionalWeakTable<BtfSpec, TargetEnums> Known = new();

    /// <summary>An enumerator of the unnamed enumeration that has the flags of map creation.</summary>
    private const string MapFlag = "BPF_F_NO_PREALLOC";

    private readonly BtfSpec _types;
    private readonly Dictionary<string, HashSet<long>?> _read = new(StringComparer.Ordinal);

    private TargetEnums(BtfSpec types) => _types = types;

    /// <summary>Those of a BTF, looked for once however many objects ask.</summary>
    public static TargetEnums Of(BtfSpec types) => Known.GetValue(types, static each => new TargetEnums(each));

    /// <summary>Whether an enumeration has a value; <see langword="null"/> where the BTF has no such enumeration.</summary>
    public bool? Has(string enumeration, long value) =>
        Read(enumeration, () => _types.TryFind(enumeration, BtfKind.Enum, out BtfType found) ? ValuesOf(found) : null)?.Contains(value);

    /// <summary>Whether a flag of map creation exists; <see langword="null"/> where the BTF does not list them.</summary>
    public bool? HasMapFlag(long flag) => Read(MapFlag, FindMapFlags)?.Contains(flag);

    private HashSet<long>? Read(string name, Func<HashSet<long>?> find)
    {
        lock (_read)
        {
            if (!_read.TryGetValue(name, out HashSet<long>? values))
                _read.Add(name, values = find());
            return values;
        }
    }

    private HashSet<long>? FindMapFlags()
    {
        foreach (BtfType type in _types.Types)
        {
            if (type.Kind != BtfKind.Enum || !type.Name.IsEmpty || type.Enumerators.Count == 0)
                continue;
            BtfEnumeratorList flags = type.Enumerators;
            if (flags[0].Name.ToString() == MapFlag)
                return ValuesOf(type);
        }

        return null;
    }

    /// <summary>The values, without the one that counts them (<c>__MAX_BPF_PROG_TYPE</c>, <c>__BPF_FUNC_MAX_ID</c>).</summary>
    private static HashSet<long> ValuesOf(BtfType enumeration)
    {
        HashSet<long> values = [];
        foreach (BtfEnumerator each in enumeration.Enumerators)
        {
            if (!each.Name.Bytes.StartsWith("__"u8))
                _ = values.Add(each.SignedValue);
        }

        return values;
    }
}
