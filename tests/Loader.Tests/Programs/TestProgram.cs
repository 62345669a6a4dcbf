using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>Small programs, and how to run those of an object.</summary>
internal static class TestProgram
{
    /// <summary>r0 = 0; exit</summary>
    public static ulong[] ReturnZero => [Instruction.Move(0, 0), Instruction.Exit];

    public static BpfProgram Load(
        ReadOnlySpan<ulong> instructions, BpfProgramType type = BpfProgramType.SocketFilter, string name = "test") =>
        BpfProgram.Load(new BpfProgramOptions { Type = type, License = "GPL", Name = name }, instructions);

    /// <summary>Runs a networking program on an empty packet.</summary>
    public static uint Run(this BpfObject loaded, string program) => loaded.Programs[program].TestRun(data: new byte[64], repeat: 1).ReturnValue;

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
