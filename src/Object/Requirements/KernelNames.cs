using System.Text;

namespace P3Ebpf.Object.Requirements;

/// <summary>The kernel's words for numbers of the bpf() interface: <c>sched_cls</c>, <c>lru_hash</c>, <c>mmapable</c>.</summary>
internal static class KernelNames
{
    public static string Of<T>(T number)
        where T : struct, Enum
    {
        var name = new StringBuilder();
        foreach (char letter in number.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
                _ = name.Append('_');
            _ = name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }
}
