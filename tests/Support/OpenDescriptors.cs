using System.Net;
using System.Net.Sockets;

namespace P3Ebpf.TestSupport;

/// <summary>What a test that uses the kernel must not leave behind.</summary>
internal static class OpenDescriptors
{
    /// <summary>The runtime waits for sockets by a set of its own (epoll), which it makes when somebody first waits, and keeps.</summary>
    static OpenDescriptors()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        _ = socket.ReceiveAsync(new byte[1]);
    }

    /// <summary>What the process's open descriptors of kernel objects and mounts lead to, sorted; the runtime opens files as it pleases.</summary>
    public static string[] OfTheKernel => [.. Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget).OfType<string>()
        .Where(target => target == "/" || target.StartsWith("anon_inode:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>What is open now beyond what was before. What was left to the collector before may have gone meanwhile.</summary>
    public static string[] Beyond(string[] before)
    {
        List<string> now = [.. OfTheKernel];
        foreach (string known in before)
            _ = now.Remove(known);
        return [.. now];
    }
}
