using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>What to do to an instruction (libbpf: <c>bpf_core_calc_relo</c>).</summary>
/// <param name="Original">The local value.</param>
/// <param name="New">The target's value; <see langword="null"/> to poison.</param>
/// <param name="IsAccessUnsafe">Whether a load or store of the field would read or write it wrongly.</param>
internal readonly record struct CoreDecision(CoreValue Original, CoreValue? New, bool IsAccessUnsafe)
{
    /// <summary>The decision for an access that was found in the target.</summary>
    public static CoreDecision For(CoreAccess local, CoreAccess target)
    {
        CoreValue original = CoreValue.Of(local, local.IsLittleEndian);
        CoreValue value = CoreValue.Of(target, local.IsLittleEndian);
        bool isSafe = original.AccessSize == value.AccessSize
            || MayResize(local.Btf[original.AccessTypeId], target.Btf[value.AccessTypeId]);
        return new CoreDecision(original, value, !isSafe);
    }

    /// <summary>The decision where the target has nothing that fits.</summary>
    public static CoreDecision ForAbsence(CoreAccess local) =>
        new(CoreValue.Of(local, local.IsLittleEndian), CoreKinds.AnswersZero(local.Kind) ? new CoreValue(0) : null, IsAccessUnsafe: false);

    /// <summary>The decision where nothing is looked for: the local value again.</summary>
    public static CoreDecision ForLocal(CoreAccess local)
    {
        CoreValue value = CoreValue.Of(local, local.IsLittleEndian);
        return new CoreDecision(value, value, IsAccessUnsafe: false);
    }

    /// <summary>
    /// A load of another width gives the same number only where the rest is filled with zeros: pointers and integers without sign.
    /// </summary>
    private static bool MayResize(BtfType local, BtfType target) =>
        (local.Kind == BtfKind.Ptr && target.Kind == BtfKind.Ptr)
        || (local.Kind == BtfKind.Int && target.Kind == BtfKind.Int && IsZeroExtended(local) && IsZeroExtended(target));

    /// <summary>libbpf compares the encoding as a whole, so a signed character passes.</summary>
    private static bool IsZeroExtended(BtfType type) => type.Int.Encoding != BtfIntEncoding.Signed;
}
