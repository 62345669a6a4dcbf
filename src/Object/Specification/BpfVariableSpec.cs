using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Object;

/// <summary>A global variable of an object, with the value that it will start with.</summary>
public sealed class BpfVariableSpec
{
    private Type? _checked;

    internal BpfVariableSpec(string name, BpfMapSpec map, int offset, int size, uint btfTypeId)
    {
        Name = name;
        Map = map;
        Offset = offset;
        Size = size;
        BtfTypeId = btfTypeId;
    }

    /// <summary>The variable's name.</summary>
    public string Name { get; }

    /// <summary>The map that holds it.</summary>
    public BpfMapSpec Map { get; }

    /// <summary>Bytes from the start of the map's value.</summary>
    public int Offset { get; }

    /// <summary>Bytes.</summary>
    public int Size { get; }

    /// <summary>The variable's type in the object's BTF.</summary>
    public uint BtfTypeId { get; }

    /// <summary>The bytes that it will start with; may be changed until the object is loaded.</summary>
    public Span<byte> InitialBytes => Map.InitialValue.Span.Slice(Offset, Size);

    /// <summary>The value that it will start with.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable, or its fields are others (<see cref="BpfOpaqueAttribute"/>).</exception>
    public T Get<[DynamicallyAccessedMembers(ManagedType.Needed)] T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Checked<T>());

    /// <summary>Changes the value that it will start with.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable, or its fields are others (<see cref="BpfOpaqueAttribute"/>).</exception>
    public void Set<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(T value)
        where T : unmanaged => MemoryMarshal.Write(Checked<T>(), value);

    /// <summary>Refuses a type that is not laid out as the variable is. One that was asked for before costs a comparison of references.</summary>
    internal void Require<[DynamicallyAccessedMembers(ManagedType.Needed)] T>()
        where T : unmanaged
    {
        if (_checked == typeof(T))
            return;
        if (Unsafe.SizeOf<T>() != Size)
            throw new ArgumentException($"Variable '{Name}' has {Size} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
        TypeCheck.Require<T>(Map.Btf, BtfTypeId, $"Variable '{Name}' is of type");
        _checked = typeof(T);
    }

    private Span<byte> Checked<[DynamicallyAccessedMembers(ManagedType.Needed)] T>()
        where T : unmanaged
    {
        Require<T>();
        return InitialBytes;
    }
}
