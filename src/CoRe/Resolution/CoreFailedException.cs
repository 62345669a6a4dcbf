namespace P3Ebpf.CoRe;

/// <summary>Ends a relocation that libbpf would refuse; never leaves <see cref="CoreRelocator"/>.</summary>
internal sealed class CoreFailedException(CoreErrorCode code, string message) : Exception(message)
{
    public CoreErrorCode Code { get; } = code;
}
