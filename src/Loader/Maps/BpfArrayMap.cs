using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of an array map.</summary>
/// <typeparam name="T">The value, laid out as the program has it.</typeparam>
public sealed class BpfArrayMap<[DynamicallyAccessedMembers(ManagedType.Needed)] T> : BpfTypedMap<uint, T>
    where T : unmanaged
{
    /// <summary>Looks at a map through a type.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its values are laid out otherwise.</exception>
    public BpfArrayMap(BpfMap map)
        : base(map, BpfMapType.Array) => MapTypeCheck.RequireValue<T>(map);

    /// <summary>The number of values.</summary>
    public uint Length => Map.MaxEntries;

    /// <inheritdoc/>
    public override bool TryGetValue(uint key, out T value)
    {
        value = default;
        return key < Length && Map.TryLookup(Bytes(ref key), MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <inheritdoc/>
    public override void Update(uint key, T value, BpfUpdateMode mode = BpfUpdateMode.Any)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(key, Length);
        Map.Update(Bytes(ref key), Bytes(ref value), mode);
    }

    private protected override T ToValue(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<T>(bytes);

    private protected override Exception Missing(uint key) => new ArgumentOutOfRangeException(nameof(key), key, $"{Map.Description} has {Length} values.");
}

/// <summary>A typed view of an array with one value for each possible CPU.</summary>
/// <typeparam name="T">The value of one CPU, laid out as the program has it.</typeparam>
public sealed class BpfPerCpuArrayMap<[DynamicallyAccessedMembers(ManagedType.Needed)] T> : BpfTypedMap<uint, T[]>
    where T : unmanaged
{
    /// <summary>Looks at a map through a type.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its values are laid out otherwise.</exception>
    public BpfPerCpuArrayMap(BpfMap map)
        : base(map, BpfMapType.PercpuArray) => MapTypeCheck.RequireValue<T>(map);

    /// <summary>The number of values of a CPU.</summary>
    public uint Length => Map.MaxEntries;

    /// <inheritdoc/>
    public override bool TryGetValue(uint key, [MaybeNullWhen(false)] out T[] value)
    {
        value = key < Length ? ToValue(Map.Lookup(Bytes(ref key))) : null;
        return value is not null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is not a value for each possible CPU.</exception>
    public override void Update(uint key, T[] value, BpfUpdateMode mode = BpfUpdateMode.Any)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(key, Length);
        Map.Update(Bytes(ref key), PerCpuValues.Write<T>(value, Map.PerCpuStride), mode);
    }

    private protected override T[] ToValue(ReadOnlySpan<byte> bytes) => PerCpuValues.Read<T>(bytes, Map.PerCpuStride);

    private protected override Exception Missing(uint key) => new ArgumentOutOfRangeException(nameof(key), key, $"{Map.Description} has {Length} values a CPU.");
}
