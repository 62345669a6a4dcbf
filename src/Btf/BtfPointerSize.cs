using System.Text;

namespace P3Ebpf.Btf;

/// <summary>What the integers of a BTF tell of the size of a pointer: that of <c>long</c> is the same wherever Linux runs.</summary>
/// <remarks>The rule of <c>determine_ptr_size</c> of libbpf: the first <c>long</c> of 4 or 8 bytes decides, in any order of its words.</remarks>
internal static class BtfPointerSize
{
    /// <summary>Bytes, where no integer tells.</summary>
    public const int Default = 8;

    /// <summary>Characters of the longest name of <c>long</c>.</summary>
    public const int MaxName = 17;

    private static readonly byte[][] LongNames =
    [
        .. new[]
        {
            "long", "long int", "int long", "unsigned long", "long unsigned", "unsigned long int", "unsigned int long", "long unsigned int",
            "long int unsigned", "int unsigned long", "int long unsigned",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    /// <returns>Bytes of a pointer.</returns>
    public static int Detect(BtfSpec spec)
    {
        foreach (BtfType type in spec.Types)
        {
            if (type.Kind == BtfKind.Int && ShownBy(type.Name.Bytes, type.Size) is var size and not 0)
                return size;
        }

        return Default;
    }

    /// <returns>Bytes of a pointer, if an integer of this name and size tells; otherwise 0.</returns>
    public static int ShownBy(ReadOnlySpan<byte> name, uint size)
    {
        if (size is not (4 or 8) || name.Length > MaxName)
            return 0;
        foreach (byte[] longName in LongNames)
        {
            if (name.SequenceEqual(longName))
                return (int)size;
        }

        return 0;
    }
}
