using System.Runtime.InteropServices;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

/// <summary>Small programs, and how to run those of an object.</summary>
internal static class TestProgram
{
    /// <summary>r0 = 0; exit</summary>
    public static BpfInstruction[] ReturnZero => [MovImmediate(R0, 0), Exit()];

    public static BpfProgram Load(
        ReadOnlySpan<BpfInstruction> instructions, BpfProgramType type = BpfProgramType.SocketFilter, string name = "test") =>
        BpfProgram.Load(new BpfProgramOptions { Type = type, License = "GPL", Name = name }, instructions);

    /// <summary>Runs a networking program on an empty packet.</summary>
    public static uint Run(this BpfObject loaded, string program) => loaded.Programs[program].TestRun(data: new byte[64], repeat: 1).ReturnValue;

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
