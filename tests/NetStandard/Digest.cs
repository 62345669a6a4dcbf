using System.Security.Cryptography;
using System.Text;

namespace P3Ebpf.NetStandard;

/// <summary>Long results as short words.</summary>
internal static class Digest
{
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static string Of(byte[] bytes)
    {
#pragma warning disable CA1850, CA1872 // the methods that are wanted are not in every framework
        using var sha = SHA256.Create();
        return $"{bytes.Length} bytes {BitConverter.ToString(sha.ComputeHash(bytes), 0, 8).Replace("-", string.Empty)}";
#pragma warning restore CA1850, CA1872
    }

    /// <summary>Of what is written to a stream.</summary>
    public static string Of(Action<Stream> write)
    {
        using var output = new MemoryStream();
        write(output);
        return Of(output.ToArray());
    }
}
