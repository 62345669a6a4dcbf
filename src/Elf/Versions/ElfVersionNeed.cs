using System.Text;

namespace P3Ebpf.Elf;

/// <summary>A symbol version that a file needs from one of its libraries (<c>Elf64_Verneed</c>, <c>Elf64_Vernaux</c>).</summary>
public readonly struct ElfVersionNeed
{
    private const ushort WeakFlag = 2;
    private readonly ElfStringTable _strings;
    private readonly uint _library;
    private readonly uint _name;
    private readonly ushort _flags;

    internal ElfVersionNeed(ElfStringTable strings, uint library, uint name, ushort flags, ushort index)
    {
        strings.Check(library);
        strings.Check(name);
        _strings = strings;
        _library = library;
        _name = name;
        _flags = flags;
        Index = index;
    }

    /// <summary>The library's name, such as libbpf.so.1; allocates a string at every call.</summary>
    public string Library => Encoding.UTF8.GetString(_strings.GetBytes(_library));

    /// <summary>The version's name, such as LIBBPF_1.5.0; allocates a string at every call.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _strings.GetBytes(_name);

    /// <summary>The number by which the table of the symbols' versions refers to it.</summary>
    public ushort Index { get; }

    /// <summary>The file runs without it (<c>VER_FLG_WEAK</c>).</summary>
    public bool IsWeak => (_flags & WeakFlag) != 0;
}
