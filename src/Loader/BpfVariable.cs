using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader;

/// <summary>
/// A global variable of a loaded object. Where the kernel lets the map be mapped into memory, reads and writes go there directly;
/// elsewhere each takes a system call, and a write rewrites the whole section, so it can undo what a program writes meanwhile.
/// </summary>
public sealed class BpfVariable : IDisposable
{
    private static readonly byte[] OnlyKey = new byte[sizeof(uint)];

    private readonly BpfMap _map;
    private readonly BpfVariableSpec _spec;
    private BpfMapMemory? _memory;

    internal BpfVariable(BpfVariableSpec spec, BpfMap map)
    {
        _spec = spec;
        _map = map;
    }

    /// <summary>The variable's name.</summary>
    public string Name => _spec.Name;

    /// <summary>Bytes.</summary>
    public int Size => _spec.Size;

    /// <summary>Whether it is constant: the programs were verified with its value.</summary>
    public bool IsReadOnly => _spec.Map.IsReadOnly;

    private bool IsMappable => (_map.Flags & BpfMapFlags.Mmapable) != 0;

    /// <summary>Reads the value.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public T Get<T>()
        where T : unmanaged
    {
        CheckSize<T>();
        return MemoryMarshal.Read<T>((IsMappable ? Memory() : _map.Lookup(OnlyKey)).Slice(_spec.Offset, Size));
    }

    /// <summary>Writes the value.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable.</exception>
    /// <exception cref="InvalidOperationException">The variable is constant.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Set<T>(T value)
        where T : unmanaged
    {
        CheckSize<T>();
        if (IsReadOnly)
            throw new InvalidOperationException($"Variable '{Name}' is constant once the object is loaded; set it in the specification.");
        if (IsMappable)
        {
            MemoryMarshal.Write(Memory().Slice(_spec.Offset, Size), value);
            return;
        }

        byte[] all = _map.Lookup(OnlyKey);
        MemoryMarshal.Write(all.AsSpan(_spec.Offset, Size), value);
        _map.Update(OnlyKey, all);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();

    private Span<byte> Memory() => (_memory ??= _map.MapMemory(writable: !IsReadOnly)).Span;

    private void CheckSize<T>()
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Size)
            throw new ArgumentException($"Variable '{Name}' has {Size} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
    }
}
