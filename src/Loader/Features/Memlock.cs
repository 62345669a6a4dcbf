
namespace P3Ebpf.Loader.Features;

/// <summary>RLIMIT_MEMLOCK, to which kernels before 5.11 charge maps and programs.</summary>
internal static unsafe class Memlock
{
    private const int Resource = 8; // RLIMIT_MEMLOCK
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>Whether the running kernel charges the limit at all; newer ones account to the memory control group.</summary>
    public static bool IsCharged => !KernelFeature.MemcgAccounting.IsSupported();

    public static bool IsUnlimited => Current.Current == Unlimited;

    public static ResourceLimit Current
    {
        get
        {
            ResourceLimit limit = default;
            _ = Limit(null, &limit);
            return limit;
        }
    }

    /// <summary>Runs a command; if the memory limit may be why it is refused, raises the limit and runs it once more.</summary>
    /// <remarks>A process that may not raise the limit gets the kernel's own answer.</remarks>
    public static int Guard<T>(BpfCommand command, ref T attributes)
        where T : unmanaged
    {
        int result = BpfSystemCall.InvokeRetrying(command, ref attributes);
        return result == -Errno.EPERM && !IsUnlimited && IsCharged && TryRaise()
            ? BpfSystemCall.InvokeRetrying(command, ref attributes)
            : result;
    }

    private static bool TryRaise()
    {
        ResourceLimit unlimited = new() { Current = Unlimited, Maximum = Unlimited };
        if (Limit(&unlimited, null) == 0)
            return true;

        ResourceLimit limit = Current;
        if (limit.Current == limit.Maximum)
            return false;
        limit.Current = limit.Maximum;
        return Limit(&limit, null) == 0;
    }

    private static nint Limit(ResourceLimit* set, ResourceLimit* get) =>
        Libc.SystemCall(SystemCallNumbers.Current.Prlimit64, 0, Resource, (nint)set, (nint)get, 0);
}
