using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>Finds one type in raw kernel BTF, so that kernel tests depend on nothing but the kernel.</summary>
internal static class VmlinuxTypes
{
    public static uint Find(byte[] btf, int kind, string name)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(btf);
        int header = (int)words[1];
        int types = (header + (int)words[2]) / sizeof(uint);
        int end = types + ((int)words[3] / sizeof(uint));
        ReadOnlySpan<byte> strings = btf.AsSpan(header + (int)words[4]);
        byte[] wanted = Encoding.UTF8.GetBytes(name + "\0");

        uint id = 1;
        for (int at = types; at < end; id++)
        {
            int itsKind = (int)(words[at + 1] >> 24) & 0x1f;
            int count = (int)words[at + 1] & 0xffff;
            if (itsKind == kind && strings[(int)words[at]..].StartsWith(wanted))
                return id;
            at += 3 + itsKind switch
            {
                1 or 14 or 17 => 1,
                3 => 3,
                4 or 5 or 15 or 19 => 3 * count,
                6 or 13 => 2 * count,
                _ => 0,
            };
        }
        throw new KeyNotFoundException(name);
    }
}
