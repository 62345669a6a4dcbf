using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>Refuses views of maps by types that are not laid out as the keys, values or records are.</summary>
internal static class MapTypeCheck
{
    public static void RequireKey<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BpfMap map)
        where T : unmanaged => Require<T>(map, "keys", map.KeySize, types => types.BtfKeyTypeId);

    public static void RequireValue<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BpfMap map)
        where T : unmanaged => Require<T>(map, "values", map.ValueSize, types => types.BtfValueTypeId);

    /// <summary>Buffers have no type of their own: the source says what their records are, or nobody does.</summary>
    public static void RequireRecord<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BpfMapSpec? spec)
        where T : unmanaged
    {
        if (spec is not null)
            TypeCheck.Require<T>(spec.Btf, spec.BtfRecordTypeId, $"The records of map '{spec.Name}' are of type");
    }

    /// <summary>Neither have iterators.</summary>
    public static void RequireRecord<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BpfProgramSpec? spec)
        where T : unmanaged
    {
        if (spec is not null)
            TypeCheck.Require<T>(spec.Btf, spec.BtfRecordTypeId, $"The records of iterator '{spec.Name}' are of type");
    }

    private static void Require<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BpfMap map, string what, int size, Func<BpfMapTypes, uint> idIn)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != size)
            throw new ArgumentException($"{map.Description} has {what} of {size} bytes; {typeof(T).Name} has {Unsafe.SizeOf<T>()}. Mind padding at the end.", nameof(map));
        if (!typeof(T).IsPrimitive)
            TypeCheck.Require<T>(map.Types.Btf, idIn(map.Types), $"The {what} of {map.Description} are of type");
    }
}

/// <summary>What keys and values of a map are.</summary>
/// <param name="Btf">The BTF that the ids are of.</param>
/// <param name="BtfKeyTypeId">The key's type, or 0.</param>
/// <param name="BtfValueTypeId">The value's type, or 0.</param>
internal sealed record BpfMapTypes(BtfSpec? Btf, uint BtfKeyTypeId, uint BtfValueTypeId)
{
    public static BpfMapTypes Of(BpfMap map) =>
        map.Spec is { } spec ? new BpfMapTypes(spec.Btf, spec.BtfKeyTypeId, spec.BtfValueTypeId) : OfOpened(map.GetInfo());

    /// <summary>The kernel keeps the types of maps. It takes more privilege to read them than to use the map, so they are done without where they cannot be had.</summary>
    private static BpfMapTypes OfOpened(BpfMapInfo info)
    {
        try
        {
            if (info.BtfId == 0 || (info.BtfKeyTypeId | info.BtfValueTypeId) == 0)
                return new BpfMapTypes(null, 0, 0);
            using BtfObject btf = BtfObject.FromId(info.BtfId);
            return new BpfMapTypes(BtfSpec.Parse(btf.ReadData()), info.BtfKeyTypeId, info.BtfValueTypeId);
        }
        catch (EbpfException)
        {
            return new BpfMapTypes(null, 0, 0);
        }
    }
}
