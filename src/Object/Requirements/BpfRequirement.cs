namespace P3Ebpf.Object.Requirements;

/// <summary>Something that an object needs of the kernel besides its CO-RE relocations, and whether a target's BTF has it.</summary>
/// <param name="Kind">What sort of thing.</param>
/// <param name="Name">The kernel's name of it.</param>
/// <param name="NeededBy">The program, map or extern that needs it.</param>
/// <param name="Status">What the BTF says.</param>
/// <param name="Effect">What becomes of the object where it is missing.</param>
/// <param name="Message">What is missing, differs or is not known, as a clause without a full stop; <see langword="null"/> where it is met.</param>
/// <param name="Suggestion">What to do about it, in full sentences, where something can be said.</param>
public sealed record BpfRequirement(
    BpfRequirementKind Kind, string Name, string NeededBy, BpfRequirementStatus Status, BpfRequirementEffect Effect, string? Message = null, string? Suggestion = null)
{
    /// <summary>Whether the target lacks it, or has it in a form that does not fit.</summary>
    public bool IsLacking => Status is BpfRequirementStatus.Missing or BpfRequirementStatus.Different;

    /// <inheritdoc/>
    public override string ToString() => Message is null ? $"{Kind} {Name}: {Status}" : $"{Kind} {Name}: {Message}";
}

/// <summary>What sort of thing an object needs.</summary>
public enum BpfRequirementKind
{
    /// <summary>A type of program, of <c>enum bpf_prog_type</c>.</summary>
    ProgramType,

    /// <summary>A way of attaching, of <c>enum bpf_attach_type</c>.</summary>
    AttachType,

    /// <summary>A function, hook, tracepoint or iterator that a program is attached to.</summary>
    AttachTarget,

    /// <summary>A type of map, of <c>enum bpf_map_type</c>.</summary>
    MapType,

    /// <summary>A flag of map creation.</summary>
    MapFlag,

    /// <summary>A struct in a map's value that the kernel knows: a lock, a timer, a list.</summary>
    MapField,

    /// <summary>A helper, of <c>enum bpf_func_id</c>.</summary>
    Helper,

    /// <summary>A function of the kernel, with its prototype (kfunc).</summary>
    KernelFunction,

    /// <summary>A variable of the kernel, with its type.</summary>
    KernelVariable,

    /// <summary>The address of a kernel symbol.</summary>
    KernelSymbol,

    /// <summary>A value of the kernel's configuration.</summary>
    KernelConfiguration,

    /// <summary>A struct of callbacks that the kernel takes, and its members.</summary>
    StructOps,

    /// <summary>The call of a helper by a program of a type that may call it.</summary>
    HelperCall,

    /// <summary>A licence compatible with the GPL, by what needs it.</summary>
    License,

    /// <summary>The sizes of a map.</summary>
    MapSize,

    /// <summary>The order of bytes of the machine.</summary>
    ByteOrder,

    /// <summary>The name of a section, which tells the type of a program.</summary>
    SectionName,

    /// <summary>A global variable, by the place that an instruction refers to.</summary>
    Variable,
}

/// <summary>What a target's BTF says of a need.</summary>
public enum BpfRequirementStatus
{
    /// <summary>The target has it.</summary>
    Met,

    /// <summary>The target does not have it.</summary>
    Missing,

    /// <summary>The target has it with another type.</summary>
    Different,

    /// <summary>BTF cannot tell.</summary>
    NotKnown,
}

/// <summary>What becomes of an object whose need is not met.</summary>
public enum BpfRequirementEffect
{
    /// <summary>Nothing: no program that is loaded by itself reaches it, or it is declared weak.</summary>
    None,

    /// <summary>The object loads, and the program cannot be attached.</summary>
    Attaching,

    /// <summary>A program reaches it, unless the kernel's version or configuration (<c>.kconfig</c>) keeps it from that.</summary>
    LoadingUnlessConfigured,

    /// <summary>The object cannot be loaded.</summary>
    Loading,
}
