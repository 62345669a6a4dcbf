using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of an array map.</summary>
/// <typeparam name="T">The value, laid out as the program has it.</typeparam>
public sealed class BpfArrayMap<T> : BpfTypedMap<uint, T, T>
    where T : unmanaged
{
    /// <summary>Views a map.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its values have another size.</exception>
    public BpfArrayMap(BpfMap map)
        : base(map, BpfMapType.Array)
    {
    }

    /// <summary>The number of entries.</summary>
    public uint Length => Map.MaxEntries;

    /// <summary>An entry.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Length"/>.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public T this[uint index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
            T value = default;
            _ = Map.TryLookup(Bytes(ref index), MemoryMarshal.AsBytes(new Span<T>(ref value)));
            return value;
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
            Map.Update(Bytes(ref index), Bytes(ref value));
        }
    }

    private protected override T ToEntry(ReadOnlySpan<byte> value) => MemoryMarshal.Read<T>(value);
}
