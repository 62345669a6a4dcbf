namespace P3Ebpf.Loader.Features;

/// <summary>The smallest BTF that uses a feature of the format, as 32-bit words in this machine's byte order.</summary>
internal static class BtfProbe
{
    private const uint Int = 1, Enum64 = 19, FuncProto = 13, Func = 12, Var = 14, DataSec = 15, Float = 16, DeclTag = 17, TypeTag = 18, Ptr = 2;

    // type 1 of every blob: int, 4 bytes, signed, 32 bits
    private static uint[] IntType => [1, Info(Int), 4, (1 << 24) | 32];

    public static uint[] For(KernelFeature feature) => feature switch
    {
        KernelFeature.Btf => Blob(),
        KernelFeature.BtfFunc => Blob(0, Info(FuncProto, 1), 0, 1, 1, 1, Info(Func), 2),
        KernelFeature.BtfGlobalFunc => Blob(0, Info(FuncProto, 1), 0, 1, 1, 1, Info(Func, 1), 2),
        KernelFeature.BtfDataSec => Blob(1, Info(Var), 1, 0, 1, Info(DataSec, 1), 4, 2, 0, 4),
        KernelFeature.BtfOptionalDataSec => Blob(1, Info(Var), 1, 0, 3, Info(DataSec, 1), 4, 2, 0, 4),
        KernelFeature.BtfFloat => Blob(1, Info(Float), 4),
        KernelFeature.BtfDeclTag => Blob(1, Info(Var), 1, 0, 1, Info(DeclTag), 2, uint.MaxValue),
        KernelFeature.BtfTypeTag => Blob(1, Info(TypeTag), 1, 0, Info(Ptr), 2),
        KernelFeature.BtfEnum64 => Blob(0, Info(Enum64, 1), 8, 1, 0, 0),
        KernelFeature.BtfLayout => WithLayout(),
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature, "Not a feature of BTF."),
    };

    private static uint Info(uint kind, uint vlen = 0) => (kind << 24) | vlen;

    // "", "x" at 1 and "?y" at 3, padded to whole words.
    private static uint[] Strings => [BitConverter.ToUInt32("\0x\0?"u8), BitConverter.ToUInt32("y\0\0\0"u8)];

    private static uint[] Blob(params ReadOnlySpan<uint> types) =>
        [.. Header(24, types.Length, layoutWords: 0), .. IntType, .. types, .. Strings];

    // One entry for each kind from 0: bytes after the common three words, bytes of each element.
    private static uint[] WithLayout()
    {
        ReadOnlySpan<byte> sizes =
        [
            0, 0, 4, 0, 0, 0, 12, 0, 0, 12, 0, 12, 0, 8, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 8, 4, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 12,
        ];
        uint[] layout = new uint[sizes.Length / 2];
        for (int i = 0; i < layout.Length; i++)
            layout[i] = BitConverter.ToUInt32([sizes[2 * i], sizes[(2 * i) + 1], 0, 0]);

        uint typeBytes = (uint)IntType.Length * sizeof(uint);
        uint layoutBytes = (uint)layout.Length * sizeof(uint);
        return [.. Header(32, 0, layout.Length), typeBytes, layoutBytes, .. IntType, .. layout, .. Strings];
    }

    private static uint[] Header(uint length, int typeWords, int layoutWords)
    {
        Span<byte> start = [0, 0, 1, 0]; // magic, version 1, flags
        _ = BitConverter.TryWriteBytes(start, (ushort)0xeb9f);
        uint typeBytes = (uint)((IntType.Length + typeWords) * sizeof(uint));
        uint stringOffset = typeBytes + ((uint)layoutWords * sizeof(uint));
        return [BitConverter.ToUInt32(start), length, 0, typeBytes, stringOffset, (uint)Strings.Length * sizeof(uint)];
    }
}
