using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>Converts between values by CPU and the kernel's form, where each begins at a multiple of 8 bytes.</summary>
internal static class PerCpuValues
{
    public static T[] Read<T>(ReadOnlySpan<byte> bytes, int stride)
        where T : unmanaged
    {
        T[] values = new T[bytes.Length / stride];
        for (int cpu = 0; cpu < values.Length; cpu++)
            values[cpu] = MemoryMarshal.Read<T>(bytes[(cpu * stride)..]);
        return values;
    }

    public static byte[] Write<T>(ReadOnlySpan<T> values, int stride)
        where T : unmanaged
    {
        if (values.Length != KernelCpus.PossibleCount)
            throw new ArgumentException($"There must be {KernelCpus.PossibleCount} values, one for each possible CPU; not {values.Length}.", nameof(values));
        byte[] bytes = new byte[values.Length * stride];
        for (int cpu = 0; cpu < values.Length; cpu++)
            MemoryMarshal.Write(bytes.AsSpan(cpu * stride), in values[cpu]);
        return bytes;
    }
}
