using System.Text;

namespace P3Ebpf.Elf;

/// <summary>A symbol version that a library defines, such as LIBBPF_1.5.0 (<c>Elf64_Verdef</c>).</summary>
public readonly struct ElfVersionDefinition
{
    private const ushort BaseFlag = 1;
    private readonly ElfStringTable _strings;
    private readonly uint _name;
    private readonly ushort _flags;

    internal ElfVersionDefinition(ElfStringTable strings, uint name, ushort flags, ushort index)
    {
        strings.Check(name);
        _strings = strings;
        _name = name;
        _flags = flags;
        Index = index;
    }

    /// <summary>The version's name; allocates a string at every call.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _strings.GetBytes(_name);

    /// <summary>The number by which the table of the symbols' versions refers to it.</summary>
    public ushort Index { get; }

    /// <summary>Names the file itself, not a version of symbols (<c>VER_FLG_BASE</c>).</summary>
    public bool IsBase => (_flags & BaseFlag) != 0;
}
