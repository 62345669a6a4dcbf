using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader;

/// <summary>
/// A global variable of a loaded object. Where the kernel lets the map be mapped into memory, reads and writes go there directly;
/// elsewhere each takes a system call, and a write rewrites the whole section, so it can undo what a program writes meanwhile.
/// </summary>
/// <remarks>Safe for several threads, also while one disposes of the object. A number is read and written in one piece.</remarks>
public sealed class BpfVariable : IDisposable
{
    private static readonly byte[] OnlyKey = new byte[sizeof(uint)];

    private readonly BpfMap _map;
    private readonly BpfVariableSpec _spec;
    private BpfMapMemory? _memory;
    private bool _disposed;

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
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable, or its fields are others (<see cref="BpfOpaqueAttribute"/>).</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public T Get<[DynamicallyAccessedMembers(ManagedType.Needed)] T>()
        where T : unmanaged
    {
        _spec.Require<T>();
        using MappedPages.Use pages = Borrow();
        return MemoryMarshal.Read<T>(Section().Slice(_spec.Offset, Size));
    }

    /// <summary>Reads the value's bytes, as of a variable whose type is known only at run time.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public byte[] GetBytes()
    {
        using MappedPages.Use pages = Borrow();
        return Section().Slice(_spec.Offset, Size).ToArray();
    }

    /// <summary>Writes the value.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the variable, or its fields are others (<see cref="BpfOpaqueAttribute"/>).</exception>
    /// <exception cref="InvalidOperationException">The variable is constant.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Set<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(T value)
        where T : unmanaged
    {
        _spec.Require<T>();
        if (IsReadOnly)
            throw new InvalidOperationException($"Variable '{Name}' is constant once the object is loaded; set it in the specification.");
        using MappedPages.Use pages = Borrow();
        Span<byte> section = Section();
        MemoryMarshal.Write(section.Slice(_spec.Offset, Size), value);
        if (!IsMappable)
            _map.Update(OnlyKey, section);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        Volatile.Read(ref _memory)?.Dispose();
    }

    /// <summary>Keeps the memory while its value is read or written; nothing where it takes system calls.</summary>
    private MappedPages.Use Borrow() => _map.Arena is { } arena ? arena.Pages.Borrow() : IsMappable ? Memory().Pages.Borrow() : default;

    private BpfMapMemory Memory()
    {
        if (Volatile.Read(ref _memory) is { } known)
            return known;
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        BpfMapMemory memory = _map.MapMemory(writable: !IsReadOnly);
        if (Interlocked.CompareExchange(ref _memory, memory, null) is { } first)
        {
            memory.Dispose();
            return first;
        }

        if (Volatile.Read(ref _disposed))
            memory.Dispose();
        return memory;
    }

    /// <summary>The value of the whole section: shared with the kernel, while it is borrowed, or a copy.</summary>
    private Span<byte> Section() => _map.Arena is { } arena ? arena.Slice(arena.GlobalsOffset, _spec.Map.InitialValue.Length)
        : IsMappable ? Memory().Span : _map.Lookup(OnlyKey);
}
