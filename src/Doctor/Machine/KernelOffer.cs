
namespace P3Ebpf.Doctor.Machine;

/// <summary>
/// What a kernel offers to BPF programs, by its own BTF: the kernel's enumerations of program types, map types and helpers are in it as
/// they were compiled, and so are its functions and tracepoints. That is more exact than any table of versions.
/// </summary>
internal sealed class KernelOffer
{
    private const string ProbeTracepoint = "sched_switch";

    private readonly Kernel? _kernel;

    /// <param name="spec">The kernel's BTF.</param>
    /// <param name="kernel">The kernel whose BTF it is, whose modules go with it; <see langword="null"/> where it is another's.</param>
    public KernelOffer(BtfSpec spec, Kernel? kernel = null)
    {
        Spec = spec;
        _kernel = kernel;
    }

    public BtfSpec Spec { get; }

    /// <summary>Whether it is that of the running kernel.</summary>
    public bool IsRunning => _kernel is not null;

    /// <summary>Whether the kernel has a program type; <see langword="null"/> where its BTF does not tell.</summary>
    public bool? Has(BpfProgramType type) => HasValue("bpf_prog_type", (long)type);

    /// <summary>Whether the kernel has a map type; <see langword="null"/> where its BTF does not tell.</summary>
    public bool? Has(BpfMapType type) => HasValue("bpf_map_type", (long)type);

    /// <summary>Whether the kernel has a helper; <see langword="null"/> where its BTF does not tell.</summary>
    public bool? HasHelper(int number) => HasValue("bpf_func_id", number);

    /// <summary>Whether the kernel or a module has a function that BTF describes.</summary>
    public bool HasFunction(string name) => Find(name, BtfKind.Func);

    /// <summary>Whether the kernel or a module has a variable that BTF describes.</summary>
    public bool HasVariable(string name) => Find(name, BtfKind.Var);

    /// <summary>Whether the kernel or a module has a tracepoint; <see langword="null"/> where its BTF does not tell.</summary>
    public bool? HasTracepoint(string name)
    {
        // A kernel whose BTF leaves these typedefs out has no sched_switch in it either.
        if (!Spec.TryFind("btf_trace_" + ProbeTracepoint, BtfKind.Typedef, out _))
            return null;
        return Find("btf_trace_" + name, BtfKind.Typedef);
    }

    private bool? HasValue(string enumeration, long value)
    {
        if (!Spec.TryFind(enumeration, BtfKind.Enum, out BtfType type) && !Spec.TryFind(enumeration, BtfKind.Enum64, out type))
            return null;
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            // Names such as __BPF_FUNC_MAX_ID mark the end and are one too high.
            if (enumerator.Value == value && !enumerator.Name.Bytes.StartsWith("__"u8))
                return true;
        }

        return false;
    }

    private bool Find(string name, BtfKind kind) =>
        Spec.TryFind(name, kind, out _)
        || (_kernel?.Modules.Any(module => module.TryReadTypes(out BtfSpec? types) && types.TryFind(name, kind, out _)) ?? false);
}
