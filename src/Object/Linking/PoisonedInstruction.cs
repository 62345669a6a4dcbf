
namespace P3Ebpf.Object.Linking;

/// <summary>
/// Calls of functions that cannot exist, put where something is missing. They are harmless in dead code; when the verifier reaches
/// one it names the number, which tells what was missing. The numbers are libbpf's, so its tools recognise them.
/// </summary>
internal static class PoisonedInstruction
{
    /// <summary>From here on: a map that was not created, by its index.</summary>
    public const int MapBase = 2001000000;

    /// <summary>From here on: a kernel function that does not exist, by the extern's index.</summary>
    public const int KernelFunctionBase = 2002000000;

    public static BpfInstruction Call(int number) => BpfInstruction.Call((BpfHelper)number);
}
