using System.Text;

namespace P3Ebpf.NetStandard;

/// <summary>Long results as short words. Of its own making (FNV-1a, 64 bits), so that it takes no library that a machine may lack.</summary>
internal static class Digest
{
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static string Of(byte[] bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in bytes)
            hash = unchecked((hash ^ value) * 1099511628211);
        return $"{bytes.Length} bytes {hash:X16}";
    }

    /// <summary>Of what is written to a stream.</summary>
    public static string Of(Action<Stream> write)
    {
        using var output = new MemoryStream();
        write(output);
        return Of(output.ToArray());
    }
}
