namespace P3Ebpf.Loader.Tests;

/// <summary>BPF instructions as 8-byte words of a little-endian machine.</summary>
internal static class Instruction
{
    public const ulong Exit = 0x95;

    public static ulong Move(int register, int value) => Encode(0xb7, register, 0, 0, value);

    /// <summary>The same for the lower half of the register; the upper half becomes 0.</summary>
    public static ulong MoveUnsigned(int register, uint value) => Encode(0xb4, register, 0, 0, (int)value);

    public static ulong Copy(int register, int source) => Encode(0xbf, register, source, 0, 0);

    public static ulong Add(int register, int value) => Encode(0x07, register, 0, 0, value);

    /// <summary>*(u32 *)(register + offset) = value</summary>
    public static ulong Store32(int register, short offset, int value) => Encode(0x62, register, 0, offset, value);

    /// <summary>*(u64 *)(register + offset) = value</summary>
    public static ulong Store64(int register, short offset, int value) => Encode(0x7a, register, 0, offset, value);

    /// <summary>*(u64 *)(register + offset) += source</summary>
    public static ulong AtomicAdd64(int register, short offset, int source) => Encode(0xdb, register, source, offset, 0);

    /// <summary>register = *(u64 *)(source + offset)</summary>
    public static ulong Load64(int register, int source, short offset) => Encode(0x79, register, source, offset, 0);

    public static ulong JumpIfZero(int register, short distance) => Encode(0x15, register, 0, distance, 0);

    public static ulong Call(int helper) => Encode(0x85, 0, 0, 0, helper);

    /// <summary>The two words that load a map's address.</summary>
    public static ulong[] LoadMap(int register, BpfMap map) => [Encode(0x18, register, 1, 0, map.Handle.Descriptor), 0];

    private static ulong Encode(byte opcode, int destination, int source, short offset, int immediate) =>
        opcode | ((ulong)destination << 8) | ((ulong)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32);
}
