
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
                hint: "It replaces a function of another program, which only BpfProgramOptions.AttachProgram can name.");
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
            $"loading program '{program.Name}'", $"The kernel's BTF has no {BtfKindNames.Tag(kind)} '{name}' for SEC(\"{program.SectionName}\")");
    }
}
