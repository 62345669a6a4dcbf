
namespace P3Ebpf.Loader.Resources;

/// <summary>What an error number of a command means in practice, and what to do about it.</summary>
internal static class BpfErrorHint
{
    public static BpfFailureKind KindOf(BpfCommand? command, int error) => error switch
    {
        Errno.EPERM => BpfFailureKind.NotPermitted,
        Errno.EACCES when command != BpfCommand.ProgLoad => BpfFailureKind.NotPermitted,
        Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.ENOTSUPP => BpfFailureKind.NotSupported,
        _ => BpfFailureKind.Failed,
    };

    public static string? For(BpfCommand? command, int error) => error switch
    {
        Errno.EPERM => Permission(command),
        Errno.ENOSYS => "The kernel has no bpf(): CONFIG_BPF_SYSCALL is off, or a sandbox (seccomp) hides it.",
        Errno.EACCES when command is BpfCommand.ObjGet or BpfCommand.ObjPin => "Pinned objects belong to root unless their mode was changed.",
        Errno.EEXIST when command == BpfCommand.ObjPin => "Something is pinned there already; unload it or choose another path.",
        Errno.ENOENT when command == BpfCommand.ObjGet => "Nothing is pinned there.",
        Errno.ENOENT when command is BpfCommand.MapGetFdById or BpfCommand.ProgGetFdById or BpfCommand.LinkGetFdById or BpfCommand.BtfGetFdById => "There is none with this id, or no longer.",
        Errno.EINVAL when command == BpfCommand.ObjGet => "What lies there is not of the kind asked for.",
        Errno.EINVAL when command == BpfCommand.LinkCreate =>
            $"The kernel may be too old for this kind of link, or the program's type does not fit; this is Linux {KernelVersion.Release}.",
        Errno.EBUSY when command is BpfCommand.LinkCreate or BpfCommand.ProgAttach => "Another program is attached there.",
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"This kernel cannot do that; it is Linux {KernelVersion.Release}.",
        _ => null,
    };

    private static string Permission(BpfCommand? command)
    {
        if (command is BpfCommand.MapCreate or BpfCommand.ProgLoad or BpfCommand.BtfLoad && Memlock.IsCharged && !Memlock.IsUnlimited)
            return $"This kernel charges BPF memory to RLIMIT_MEMLOCK, now {Memlock.Current.Current} bytes; raise it (ulimit -l unlimited) or run as root.";
        if (BpfToken.Current is { } token)
            return $"It goes by the token of {token.Path}, which delegates {string.Join(", ", token.Delegated.DefaultIfEmpty("nothing that it shows"))}; this is not among it, or CAP_BPF, CAP_PERFMON or CAP_NET_ADMIN is missing in the user namespace.";
        if (Libc.EffectiveUserId() != 0)
            return "It needs CAP_BPF, with CAP_PERFMON for tracing and CAP_NET_ADMIN for networking (CAP_SYS_ADMIN before Linux 5.8): run as root."
                + UnprivilegedDisabled();
        return LockedDown() ?? "Root alone is not enough here: a container, a seccomp filter or a missing capability (CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN) forbids it.";
    }

    private static string UnprivilegedDisabled() =>
        ReadText("/proc/sys/kernel/unprivileged_bpf_disabled") is "1" or "2" ? " Use without privilege is off (kernel.unprivileged_bpf_disabled)." : "";

    private static string? LockedDown() =>
        ReadText("/sys/kernel/security/lockdown").Contains("[confidentiality]", StringComparison.Ordinal)
            ? "The kernel is locked down (lockdown=confidentiality), which forbids reading kernel memory."
            : null;

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
