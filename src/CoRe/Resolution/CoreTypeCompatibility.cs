using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The comparison of types behind <c>bpf_core_type_exists</c>, which typed <c>__ksym</c> variables use too.</summary>
public static class CoreTypeCompatibility
{
    /// <summary>
    /// Whether two types are roughly the same once typedefs and qualifiers are stripped: the same kinds through pointers, arrays,
    /// parameters and return values. Names of types, members and sizes are not compared. Types that nest too deeply do not fit.
    /// </summary>
    public static bool AreCompatible(BtfSpec local, BtfTypeId localId, BtfSpec target, BtfTypeId targetId)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            return new CoreTypeComparer(local, target, why: null).AreCompatible(localId, targetId);
        }
        catch (Exception e) when (e is CoreFailedException or BtfFormatException)
        {
            return false;
        }
    }
}
