namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of an array with one value for each possible CPU.</summary>
/// <typeparam name="T">The value of one CPU, laid out as the program has it.</typeparam>
public sealed class BpfPerCpuArrayMap<T> : BpfTypedMap<uint, T, T[]>
    where T : unmanaged
{
    /// <summary>Views a map.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its values have another size.</exception>
    public BpfPerCpuArrayMap(BpfMap map)
        : base(map, BpfMapType.PercpuArray)
    {
    }

    /// <summary>The number of entries.</summary>
    public uint Length => Map.MaxEntries;

    /// <summary>Reads the values of an entry, indexed by CPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Length"/>.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public T[] Read(uint index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
        return ToEntry(Map.Lookup(Bytes(ref index)));
    }

    /// <summary>Writes the values of an entry, one for each possible CPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Length"/>.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Write(uint index, ReadOnlySpan<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
        Map.Update(Bytes(ref index), PerCpuValues.Write(values, Map.PerCpuStride));
    }

    private protected override T[] ToEntry(ReadOnlySpan<byte> value) => PerCpuValues.Read<T>(value, Map.PerCpuStride);
}
