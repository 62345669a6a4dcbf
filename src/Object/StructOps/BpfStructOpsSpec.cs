using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Object;

/// <summary>
/// A struct of callbacks that an object wants to hand to the kernel, such as a <c>tcp_congestion_ops</c> or a <c>sched_ext_ops</c>: the variable
/// that the object defines, by its own type. Editable until loaded; the load copies it member by member into the kernel's layout.
/// </summary>
public sealed class BpfStructOpsSpec
{
    private readonly byte[] _value;

    internal BpfStructOpsSpec(string mapName, BtfType type, byte[] value, IEnumerable<BpfStructOpsMemberSpec> members)
    {
        MapName = mapName;
        TypeName = type.Name.ToString();
        KernelTypeName = Utf8Text.Of(BtfEssentialName.Of(type.Name.Bytes));
        BtfTypeId = type.Id.Value;
        _value = value;
        Members = new BpfNamedList<BpfStructOpsMemberSpec>("member", members, member => member.Name);
    }

    /// <summary>The struct's name in the object, with its flavour: <c>sched_ext_ops___old</c>.</summary>
    public string TypeName { get; }

    /// <summary>What the kernel calls the struct: the name without the flavour.</summary>
    public string KernelTypeName { get; }

    /// <summary>The struct in the object's BTF.</summary>
    public uint BtfTypeId { get; }

    /// <summary>The members, in the order of the object's declaration. Anonymous ones have an empty name.</summary>
    public BpfNamedList<BpfStructOpsMemberSpec> Members { get; }

    /// <summary>The struct as the object lays it out, with zeroes where programs go.</summary>
    public Span<byte> InitialBytes => _value;

    private string MapName { get; }

    /// <summary>Makes a program the callback of a member, instead of what the object put there.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="program">A program of the object of type <see cref="BpfProgramType.StructOps"/>; <see langword="null"/> to leave the callback out.</param>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="ArgumentException">The member is no callback, or the program of another type.</exception>
    public void SetProgram(string member, BpfProgramSpec? program)
    {
        BpfStructOpsMemberSpec callback = Members[member];
        if (!callback.IsCallback)
            throw new ArgumentException($"Member '{member}' of {TypeName} is no callback: set its value.", nameof(member));
        if (program is not null && program.Type != BpfProgramType.StructOps)
            throw new ArgumentException($"Program '{program.Name}' is of type {program.Type}, not {BpfProgramType.StructOps}.", nameof(program));
        callback.Program = program;
    }

    /// <summary>The bytes of a member that is no callback, which may be changed.</summary>
    /// <param name="member">The member's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="ArgumentException">The member is a callback or a bitfield.</exception>
    public Span<byte> BytesOf(string member)
    {
        BpfStructOpsMemberSpec field = Members[member];
        if (field.IsCallback || field.IsBitfield)
            throw new ArgumentException($"Member '{member}' of {TypeName} is {(field.IsCallback ? "a callback: set its program" : "a bitfield, which has no bytes of its own")}.", nameof(member));
        return BytesOf(field);
    }

    /// <summary>The value of a member that is no callback.</summary>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="ArgumentException">The member is a callback or a bitfield, or the size of <typeparamref name="T"/> is not its own.</exception>
    public T Get<T>(string member)
        where T : unmanaged => MemoryMarshal.Read<T>(Checked<T>(member));

    /// <summary>Changes the value of a member that is no callback.</summary>
    /// <inheritdoc cref="Get{T}"/>
    public void Set<T>(string member, T value)
        where T : unmanaged => MemoryMarshal.Write(Checked<T>(member), value);

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName} {MapName}";

    internal Span<byte> BytesOf(BpfStructOpsMemberSpec member) => _value.AsSpan(member.Offset, member.Size);

    private Span<byte> Checked<T>(string member)
    {
        Span<byte> bytes = BytesOf(member);
        return Unsafe.SizeOf<T>() == bytes.Length
            ? bytes
            : throw new ArgumentException($"Member '{member}' of {TypeName} has {bytes.Length} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
    }
}
