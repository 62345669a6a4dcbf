using System.Text;

namespace P3Ebpf.Elf.Tests;

/// <summary>Collects NUL-terminated strings; offset 0 is the empty one.</summary>
internal sealed class StringTableBuilder
{
    private readonly List<byte> _bytes = [0];

    public int Add(string text)
    {
        int offset = _bytes.Count;
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        _bytes.Add(0);
        return offset;
    }

    public byte[] ToArray() => [.. _bytes];
}
