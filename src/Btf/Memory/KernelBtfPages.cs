#if NET
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P3Ebpf.Btf;

/// <summary>The types of the running kernel in the kernel's own pages, which Linux 6.16 and later let a process map.</summary>
/// <remarks>
/// The pages are mapped once for the process and stay mapped until it ends: they are the kernel's, cost no memory of ours, and hold the same
/// bytes as long as the machine runs. Hence a view of them needs no owner, and can dangle neither when it is disposed of nor when it is
/// collected. They can be neither written (the map is private and read-only) nor cut short, so reading them raises no SIGBUS. Ordinary
/// files, which somebody may write or truncate while they are looked at, are read into an array instead.
/// </remarks>
internal sealed unsafe partial class KernelBtfPages : MemoryManager<byte>
{
    /// <summary>The one file that may be mapped.</summary>
    public const string Path = "/sys/kernel/btf/vmlinux";

    private const uint SysFs = 0x62656572; // SYSFS_MAGIC
    private const int ProtectionRead = 1; // PROT_READ
    private const int MapPrivate = 2; // MAP_PRIVATE
    private const nint MapFailed = -1;

    private static KernelBtfPages? s_mapped;

    private readonly int _length;

    private KernelBtfPages(nint address, int length)
    {
        Address = address;
        _length = length;
    }

    /// <summary>Where the first page begins.</summary>
    public nint Address { get; }

    /// <summary>Maps the kernel's types, or gives the map that is there already.</summary>
    /// <param name="path">The file that is asked for.</param>
    /// <param name="data">Its contents.</param>
    /// <returns>Whether the file can be had in this way; if not, it has to be read.</returns>
    public static bool TryMap(string path, out ReadOnlyMemory<byte> data)
    {
        data = default;
        if (path != Path || !OperatingSystem.IsLinux())
            return false;
        KernelBtfPages? pages = Volatile.Read(ref s_mapped);
        if (pages is null)
        {
            if (!TryMap(out KernelBtfPages? own))
                return false;

            // Two threads may both map it; then one map is used by nobody and lies idle.
            pages = Interlocked.CompareExchange(ref s_mapped, own, null) ?? own;
        }

        data = pages.Memory;
        return true;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new((void*)Address, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        return new MemoryHandle((byte*)Address + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private static bool TryMap([NotNullWhen(true)] out KernelBtfPages? pages)
    {
        pages = null;
        using SafeFileHandle file = File.OpenHandle(Path);
        uint* fileSystem = stackalloc uint[64]; // struct statfs: 120 bytes at most, the type first
        if (StatFileSystem(file, fileSystem) != 0 || fileSystem[0] != SysFs)
            return false;
        long length = RandomAccess.GetLength(file);
        if (length is <= 0 or > int.MaxValue)
            return false;
        nint address = MapMemory(0, (nuint)length, ProtectionRead, MapPrivate, file, 0);
        if (address == MapFailed)
            return false;
        pages = new KernelBtfPages(address, (int)length);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int StatFileSystem(SafeFileHandle file, uint* buffer);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, SafeFileHandle file, nint offset);
}
#endif
