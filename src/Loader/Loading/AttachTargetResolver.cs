
namespace P3Ebpf.Loader;

/// <summary>Finds what a program of a type such as fentry, tp_btf or lsm is attached to, in the kernel's BTF.</summary>
internal static class AttachTargetResolver
{
    /// <summary>The target's type, and the module that has it.</summary>
    /// <exception cref="BpfException">The kernel has no such target.</exception>
    public static KernelType Resolve(BpfProgramSpec program, Kernel kernel)
    {
        if (program.Type == BpfProgramType.Ext)
        {
            throw new BpfException(
                $"loading program '{program.Name}'", Errno.EINVAL,
                hint: "It replaces a function of another program: name that in BpfLoadOptions.AttachPrograms.");
        }

        if (program.AttachPoint is not (BpfBtfTarget or BpfIteratorTarget) || program.AttachPoint.KernelType is not { } wanted)
        {
            throw new BpfException(
                $"loading program '{program.Name}'", Errno.EINVAL,
                hint: $"SEC(\"{program.SectionName}\") names no target; name one after a slash, or set AttachPoint.");
        }

        (string name, BtfKind kind) = wanted;
        string? onlyModule = (program.AttachPoint as BpfBtfTarget)?.Module;
        if (kernel.TryFindType(name, kind, out KernelType found, onlyModule))
            return found;
        throw BpfException.NotSupported(
            $"loading program '{program.Name}'", $"The kernel's BTF has no {BtfKindNames.Tag(kind)} '{name}' for SEC(\"{program.SectionName}\"){Similar(kernel, program, name, kind)}");
    }

    private static string Similar(Kernel kernel, BpfProgramSpec program, string name, BtfKind kind)
    {
        // Of btf_trace_sched_switch the program says sched_switch alone.
        string asked = (program.AttachPoint as BpfBtfTarget)?.Name ?? name;
        string prefix = name.EndsWith(asked, StringComparison.Ordinal) ? name[..^asked.Length] : string.Empty;
        string[] near = [.. kernel.NamesLike(name, kind, (program.AttachPoint as BpfBtfTarget)?.Module).Where(each => each.StartsWith(prefix, StringComparison.Ordinal)).Select(each => each[prefix.Length..])];
        return near.Length == 0 ? string.Empty : $"; similar: {string.Join(", ", near)}";
    }

    /// <summary>The function of a BPF program that a program is attached to.</summary>
    /// <returns>The function's id in the BTF of the other program.</returns>
    /// <exception cref="BpfException">The other program has no BTF, or no such function.</exception>
    public static uint Resolve(BpfProgramSpec program, BpfProgram target)
    {
        string action = $"loading program '{program.Name}'";
        string function = program.AttachPoint switch
        {
            BpfExtensionTarget { Function.Length: > 0 } point => point.Function,
            BpfBtfTarget { Name.Length: > 0 } point => point.Name,
            _ => throw new BpfException(action, Errno.EINVAL, hint: $"SEC(\"{program.SectionName}\") names no function of {target.Description}; name one after a slash."),
        };
        uint btfId = target.GetInfo().BtfId;
        if (btfId == 0)
            throw new BpfException(action, Errno.EINVAL, hint: $"{target.Description} was loaded without types (BTF), so that its functions have no names.");
        using BtfObject btf = BtfObject.FromId(btfId);
        BtfSpec types = BtfSpec.Parse(btf.ReadData());
        return types.TryFind(function, BtfKind.Func, out BtfType found)
            ? found.Id.Value
            : throw new BpfException(action, Errno.ESRCH, hint: NearNames.Suggest(
                $"{target.Description} has no function '{function}'", function, FunctionsOf(types)));
    }

    private static List<string> FunctionsOf(BtfSpec types)
    {
        var names = new List<string>();
        foreach (BtfType type in types.OwnTypes)
        {
            if (type.Kind == BtfKind.Func)
                names.Add(type.Name.ToString());
        }

        return names;
    }
}
