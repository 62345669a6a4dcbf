using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>The 12 bytes that head every type record (<c>struct btf_type</c>), and the length of what follows.</summary>
internal static class BtfRecord
{
    public const int HeadLength = 12;

    public const uint VlenMask = 0xFFFFFF;

    public static uint UInt32(ReadOnlySpan<byte> data, int offset) => MemoryMarshal.Read<uint>(data.Slice(offset));

    /// <summary>Bits 24..30; older readers looked at 24..28 only.</summary>
    public static BtfKind Kind(uint info) => (BtfKind)((info >> 24) & 0x7F);

    /// <summary>Bits 0..23; older readers looked at 0..15 only.</summary>
    public static uint Vlen(uint info) => info & VlenMask;

    public static bool KindFlag(uint info) => info >> 31 != 0;

    /// <summary>Bytes after the head of a record of a kind that this library knows, or -1.</summary>
    public static long TailLength(BtfKind kind, uint vlen) => kind switch
    {
        BtfKind.Int or BtfKind.Var or BtfKind.DeclTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSec or BtfKind.Enum64 => 12L * vlen,
        BtfKind.Enum or BtfKind.FuncProto => 8L * vlen,
        BtfKind.Ptr or BtfKind.Fwd or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Func
            or BtfKind.Float or BtfKind.TypeTag => 0,
        _ => -1,
    };

    /// <summary>Whether the third word of the head is a type id rather than a size.</summary>
    public static bool RefersToType(BtfKind kind) => kind is BtfKind.Ptr or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const
        or BtfKind.Restrict or BtfKind.Func or BtfKind.FuncProto or BtfKind.Var or BtfKind.DeclTag or BtfKind.TypeTag;
}
