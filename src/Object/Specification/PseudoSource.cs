namespace P3Ebpf.Object;

/// <summary>What the source register of a call or a 64-bit load says about its immediate (BPF_PSEUDO_* of include/uapi/linux/bpf.h).</summary>
internal static class PseudoSource
{
    public const byte Call = 1;
    public const byte KernelFunctionCall = 2;
    public const byte MapFd = 1;
    public const byte MapValue = 2;
    public const byte BtfId = 3;
    public const byte Func = 4;
}
