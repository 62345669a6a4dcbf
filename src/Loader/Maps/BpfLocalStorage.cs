using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>
/// What programs keep with a task, a file, a control group or a socket: a map whose keys are descriptors of such owners. Linux 5.2 for sockets, 5.10 for
/// files, 5.11 for tasks, 6.2 for control groups.
/// </summary>
/// <typeparam name="TValue">The value, laid out as the program has it.</typeparam>
public sealed class BpfLocalStorage<[DynamicallyAccessedMembers(ManagedType.Needed)] TValue>
    where TValue : unmanaged
{
    /// <summary>Looks at a map by the type of its values. The map stays its owner's.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.TaskStorage"/>, <see cref="BpfMapType.InodeStorage"/>, <see cref="BpfMapType.CgrpStorage"/> or
    /// <see cref="BpfMapType.SkStorage"/>.</param>
    /// <exception cref="ArgumentException">The map is of another kind, or its values are laid out otherwise.</exception>
    public BpfLocalStorage(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!IsLocalStorage(map.Type))
            throw new ArgumentException($"{map.Description} keeps nothing with tasks, files, control groups or sockets.", nameof(map));
        MapTypeCheck.RequireValue<TValue>(map);
        Map = map;
    }

    /// <summary>The map.</summary>
    public BpfMap Map { get; }

    /// <summary>What is kept with an owner.</summary>
    /// <param name="owner">The owner, open: a process, file or control group (<see cref="BpfHandle.OfProcess"/>, <see cref="BpfHandle.OfPath"/>), or a socket's handle.</param>
    /// <exception cref="KeyNotFoundException">Nothing is kept there.</exception>
    /// <exception cref="BpfException">The descriptor is of something else, or the kernel refuses.</exception>
    public TValue this[SafeHandle owner]
    {
        get => TryGetValue(owner, out TValue value) ? value : throw new KeyNotFoundException($"{Map.Description} keeps nothing with this owner.");
        set
        {
            using var key = new BorrowedDescriptor(owner);
            Map.Update(key.Bytes, MemoryMarshal.AsBytes(new ReadOnlySpan<TValue>(in value)));
        }
    }

    /// <summary>Reads what is kept with an owner.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="value">What is kept.</param>
    /// <returns>False where nothing is.</returns>
    /// <exception cref="BpfException">The descriptor is of something else.</exception>
    public bool TryGetValue(SafeHandle owner, out TValue value)
    {
        value = default;
        using var key = new BorrowedDescriptor(owner);
        return Map.TryLookup(key.Bytes, MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
    }

    /// <summary>Keeps something with an owner with which nothing is kept.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="value">What to keep.</param>
    /// <returns>False where something is kept already.</returns>
    /// <exception cref="BpfException">The descriptor is of something else, or the kernel refuses.</exception>
    public bool TryAdd(SafeHandle owner, TValue value)
    {
        using var key = new BorrowedDescriptor(owner);
        try
        {
            Map.Update(key.Bytes, MemoryMarshal.AsBytes(new ReadOnlySpan<TValue>(in value)), BpfUpdateMode.NoExist);
            return true;
        }
        catch (BpfException e) when (e.Error == Errno.EEXIST)
        {
            return false;
        }
    }

    /// <summary>Forgets what is kept with an owner. It is forgotten by itself when the owner goes.</summary>
    /// <returns>False where nothing was.</returns>
    /// <exception cref="BpfException">The descriptor is of something else.</exception>
    public bool Remove(SafeHandle owner)
    {
        using var key = new BorrowedDescriptor(owner);
        return Map.Delete(key.Bytes);
    }

    private static bool IsLocalStorage(BpfMapType type) =>
        type is BpfMapType.TaskStorage or BpfMapType.InodeStorage or BpfMapType.CgrpStorage or BpfMapType.SkStorage;

    /// <summary>A descriptor that stays open while it is a key.</summary>
    private readonly ref struct BorrowedDescriptor
    {
        private readonly SafeHandle _owner;
        private readonly byte[] _bytes;

        public BorrowedDescriptor(SafeHandle owner)
        {
            ArgumentNullException.ThrowIfNull(owner);
            bool isHeld = false;
            owner.DangerousAddRef(ref isHeld);
            _owner = owner;
            _bytes = BitConverter.GetBytes((int)owner.DangerousGetHandle());
        }

        public ReadOnlySpan<byte> Bytes => _bytes;

        public void Dispose() => _owner.DangerousRelease();
    }
}
