using System.Text;

namespace P3Ebpf.Elf;

/// <summary>One note: who defines it, which of theirs it is, and its content.</summary>
public readonly struct ElfNote
{
    private readonly ReadOnlyMemory<byte> _name;

    internal ElfNote(ReadOnlyMemory<byte> name, uint type, ReadOnlyMemory<byte> descriptor)
    {
        _name = name;
        Type = type;
        Descriptor = descriptor;
    }

    /// <summary>Who defines the note, such as GNU or stapsdt; allocates a string at every call.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _name.Span;

    /// <summary>Its meaning among the notes of that name.</summary>
    public uint Type { get; }

    /// <summary>The content; its numbers are in the file's byte order.</summary>
    public ReadOnlyMemory<byte> Descriptor { get; }
}
