namespace P3Ebpf.Object;

/// <summary>A member of a struct of callbacks, as the object declares it.</summary>
public sealed class BpfStructOpsMemberSpec
{
    internal BpfStructOpsMemberSpec()
    {
    }

    /// <summary>The member's name; empty for an anonymous struct or union.</summary>
    public required string Name { get; init; }

    /// <summary>Its type in the object's BTF, without modifiers and typedefs.</summary>
    public required uint BtfTypeId { get; init; }

    /// <summary>Bytes from the start of the struct, as the object lays it out.</summary>
    public required int Offset { get; init; }

    /// <summary>Bytes; of a bitfield, those of the integer that holds it.</summary>
    public required int Size { get; init; }

    /// <summary>Whether it is a pointer to a function, which a program can be.</summary>
    public required bool IsCallback { get; init; }

    /// <summary>Whether it is a bitfield, which the load copies only where it is zero: it cannot be carried over to another layout.</summary>
    public required bool IsBitfield { get; init; }

    /// <summary>The program that the kernel is to call; <see langword="null"/> for none. See <see cref="BpfStructOpsSpec.SetProgram"/>.</summary>
    public BpfProgramSpec? Program { get; internal set; }

    /// <summary>The program that the object itself puts here.</summary>
    internal BpfProgramSpec? DeclaredProgram
    {
        get;
        set => field = Program = value;
    }

    internal BtfKind Kind { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
