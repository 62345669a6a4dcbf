using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of a queue (first in, first out) or a stack (last in, first out), maps without keys. Linux 4.20. A view does not own the map.</summary>
/// <typeparam name="T">What is queued, laid out as the program has it, padding included.</typeparam>
public sealed class BpfQueue<[DynamicallyAccessedMembers(ManagedType.Needed)] T>
    where T : unmanaged
{
    /// <summary>Looks at a map through a type.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its values are laid out otherwise.</exception>
    public BpfQueue(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type is not (BpfMapType.Queue or BpfMapType.Stack))
            throw new ArgumentException($"{map.Description} is neither a queue nor a stack.", nameof(map));
        MapTypeCheck.RequireValue<T>(map);
        Map = map;
    }

    /// <summary>The map.</summary>
    public BpfMap Map { get; }

    /// <summary>Adds an item.</summary>
    /// <returns>False when there is no room.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryPush(T item)
    {
        try
        {
            Map.Update(default, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in item)));
            return true;
        }
        catch (BpfException e) when (e.Error == Errno.E2BIG)
        {
            return false;
        }
    }

    /// <summary>Adds an item; where there is no room the oldest one goes.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Push(T item) => Map.Update(default, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in item)), BpfUpdateMode.Exist); // BPF_EXIST

    /// <summary>Takes the next item out: of a queue the oldest, of a stack the newest.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryPop([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return Map.TryLookupAndDelete(default, MemoryMarshal.AsBytes(new Span<T>(ref item)));
    }

    /// <summary>Looks at the next item, which stays.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return Map.TryLookup(default, MemoryMarshal.AsBytes(new Span<T>(ref item)));
    }
}
