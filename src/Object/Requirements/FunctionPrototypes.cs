namespace P3Ebpf.Object.Requirements;

/// <summary>A function as an object declares it beside the same function as a kernel has it.</summary>
internal static class FunctionPrototypes
{
    /// <summary>What newer kernels add by themselves, so that programs do not pass it (<c>KF_IMPLICIT_ARGS</c>, Linux 7.0).</summary>
    private const string Implicit = "bpf_prog_aux";

    /// <summary>Both prototypes and their first difference, as clauses without a full stop.</summary>
    /// <param name="name">The function's name.</param>
    /// <param name="own">The object's types.</param>
    /// <param name="ownPrototype">The prototype that the object declares.</param>
    /// <param name="kernel">The kernel's types.</param>
    /// <param name="kernelPrototype">The prototype that the kernel has.</param>
    public static string Describe(string name, BtfSpec own, BtfTypeId ownPrototype, BtfSpec kernel, BtfTypeId kernelPrototype)
    {
        BtfType ours = own.ResolveModifiers(ownPrototype);
        BtfType theirs = kernel.ResolveModifiers(kernelPrototype);
        return $"the kernel has '{Text(name, theirs)}', the object declares '{Text(name, ours)}': {FirstDifference(ours, theirs)}";
    }

    /// <summary>What to do where the object's prototype does not fit.</summary>
    public static string Advise(string name, BtfSpec own, BtfTypeId ownPrototype, BtfSpec kernel, BtfTypeId kernelPrototype)
    {
        BtfType ours = own.ResolveModifiers(ownPrototype);
        BtfType theirs = kernel.ResolveModifiers(kernelPrototype);
        if (ours.Kind == BtfKind.FuncProto && theirs.Kind == BtfKind.FuncProto && EndsImplicitly(ours) && ours.Parameters.Count == theirs.Parameters.Count + 1)
            return $"Kernels since Linux 7.0 pass that argument by themselves: declare {name}() without it, or {name}_impl() with it, each __weak, and choose with bpf_ksym_exists().";
        return $"Declare it as the kernel does; for kernels of both kinds declare each form with a flavour ({name}___old, {name}___new) and __weak, and choose with bpf_ksym_exists().";
    }

    private static string FirstDifference(BtfType ours, BtfType theirs)
    {
        if (ours.Kind != BtfKind.FuncProto || theirs.Kind != BtfKind.FuncProto)
            return "one of them is no function";
        int common = Math.Min(ours.Parameters.Count, theirs.Parameters.Count);
        for (int i = 0; i < common; i++)
        {
            if (!Fit(ours, ours.Parameters[i].TypeId, theirs, theirs.Parameters[i].TypeId))
                return $"argument {i + 1} is '{Of(theirs, theirs.Parameters[i].TypeId)}' there and '{Of(ours, ours.Parameters[i].TypeId)}' here{(PointsToForward(ours, ours.Parameters[i].TypeId) ? ", whose members are not declared" : string.Empty)}";
        }

        if (ours.Parameters.Count > common)
            return $"the kernel's has no argument {common + 1} ('{Of(ours, ours.Parameters[common].TypeId)}'){(EndsImplicitly(ours) ? ", which it passes by itself" : string.Empty)}";
        if (theirs.Parameters.Count > common)
            return $"the object's lacks argument {common + 1} ('{Of(theirs, theirs.Parameters[common].TypeId)}')";
        return $"it returns '{Of(theirs, theirs.TargetId)}' there and '{Of(ours, ours.TargetId)}' here";
    }

    private static bool EndsImplicitly(BtfType prototype)
    {
        if (prototype.Parameters.Count == 0)
            return false;
        BtfType last = prototype.Spec.ResolveModifiers(prototype.Parameters[prototype.Parameters.Count - 1].TypeId);
        return last.Kind == BtfKind.Ptr && (prototype.Spec.ResolveModifiers(last.TargetId) is { } pointed && (pointed.Kind == BtfKind.Void || pointed.Name.ToString() == Implicit));
    }

    private static bool Fit(BtfType ours, BtfTypeId own, BtfType theirs, BtfTypeId other) =>
        CoreTypeCompatibility.AreCompatible(ours.Spec, ours.Spec.ResolveModifiers(own).Id, theirs.Spec, theirs.Spec.ResolveModifiers(other).Id);

    private static bool PointsToForward(BtfType prototype, BtfTypeId id)
    {
        BtfType type = prototype.Spec.ResolveModifiers(id);
        return type.Kind == BtfKind.Ptr && prototype.Spec.ResolveModifiers(type.TargetId).Kind == BtfKind.Fwd;
    }

    private static string Of(BtfType prototype, BtfTypeId id) => BtfTypeNames.TypeName(prototype.Spec, id);

    private static string Text(string name, BtfType prototype)
    {
        if (prototype.Kind != BtfKind.FuncProto)
            return prototype.ToString();
        var parameters = new List<string>();
        foreach (BtfParameter parameter in prototype.Parameters)
            parameters.Add(parameter.IsVariadic ? "..." : BtfTypeNames.Declaration(prototype.Spec, parameter.TypeId, parameter.Name));
        string result = Of(prototype, prototype.TargetId);
        return $"{result}{(result is [.., '*'] ? string.Empty : " ")}{name}({(parameters.Count == 0 ? "void" : string.Join(", ", parameters))})";
    }
}
