namespace P3Ebpf.Object.Relocation;

/// <summary>CO-RE relocation of a whole object.</summary>
public static class BpfObjectRelocating
{
    /// <summary>Applies the object's CO-RE relocations, without loading anything and without changing the specification.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="target">The types to relocate against; may be <see langword="null"/> where the object has no relocations.</param>
    /// <param name="includeOptional">Whether to relocate programs that are not loaded automatically as well.</param>
    public static BpfObjectRelocation Relocate(this BpfObjectSpec spec, CoreTarget? target, bool includeOptional = true)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return BpfObjectRelocation.Apply(spec, target, includeOptional);
    }
}
