using P3Ebpf.Btf;

namespace P3Ebpf.Loader;

/// <summary>Finds what a program of a type such as fentry, tp_btf or lsm is attached to, in the kernel's BTF.</summary>
internal static class AttachTargetResolver
{
    /// <summary>The id of the target's type, and the module that has it; <see langword="null"/> for the kernel itself.</summary>
    /// <exception cref="BpfException">The kernel has no such target.</exception>
    public static (uint TypeId, BtfObject? Module) Resolve(BpfProgramSpec program)
    {
        if (program.Type == BpfProgramType.Ext)
        {
            throw new BpfException(
                $"loading program '{program.Name}'", Errno.EINVAL,
                hint: "It replaces a function of another program, which only BpfProgramOptions.AttachProgram can name.");
        }

        string target = program.AttachTarget;
        string? onlyModule = null;
        int colon = target.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
            (onlyModule, target) = (target[..colon], target[(colon + 1)..]);
        if (target.Length == 0)
        {
            throw new BpfException(
                $"loading program '{program.Name}'", Errno.EINVAL,
                hint: $"SEC(\"{program.SectionName}\") names no target; name one after a slash, or set AttachTarget.");
        }

        (string name, BtfKind kind) = program.ExpectedAttachType switch
        {
            BpfAttachType.TraceRawTp => ("btf_trace_" + target, BtfKind.Typedef),
            BpfAttachType.LsmMac or BpfAttachType.LsmCgroup => ("bpf_lsm_" + target, BtfKind.Func),
            BpfAttachType.TraceIter => ("bpf_iter_" + target, BtfKind.Func),
            _ => (target, BtfKind.Func),
        };
        if (onlyModule is null or "vmlinux" && KernelBtf.Vmlinux.TryFind(name, kind, out BtfType type))
            return (type.Id.Value, null);
        if (onlyModule is not "vmlinux" && KernelBtf.FindInModules(name, kind, onlyModule) is { } found)
            return (found.Type.Id.Value, found.Module);
        throw BpfException.NotSupported(
            $"loading program '{program.Name}'", $"The kernel's BTF has no {BtfKindNames.Tag(kind)} '{name}' for SEC(\"{program.SectionName}\")");
    }
}
