using System.Runtime.InteropServices;

namespace P3Ebpf.TestSupport;

/// <summary>What a test needs of the machine; it is skipped where that is missing, and says what.</summary>
internal static partial class Requires
{
    private static readonly Lazy<int> BpfError = new(BpfSystemCall.TryEverything);

    /// <summary>The running kernel's; 0.0 where there is no Linux.</summary>
    private static Version KernelVersion => OperatingSystem.IsLinux() ? Environment.OSVersion.Version : new Version(0, 0);

    /// <summary>Maps and tracing programs can be loaded.</summary>
    public static void Bpf() => Assert.SkipWhen(BpfError.Value != 0, $"bpf() is refused here: {Marshal.GetPInvokeErrorMessage(BpfError.Value)}.");

    /// <summary><see cref="Bpf"/>, on a kernel that has what came with this version.</summary>
    /// <param name="version">As in "5.15".</param>
    /// <param name="reason">What came with it, as the subject of a sentence: "links of tracepoints".</param>
    public static void Kernel(string version, string reason)
    {
        Bpf();
        Assert.SkipUnless(KernelVersion >= Version.Parse(version), $"It needs Linux {version} for {reason}; this is {KernelVersion}.");
    }

    /// <summary>Waits until nobody else uses what only one process of the machine can have, and keeps it until it is disposed.</summary>
    /// <param name="what">A name for it, such as <c>trace_pipe</c>.</param>
    public static IDisposable Alone(string what)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"p3ebpf-tests.{what}");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }

    /// <summary><see cref="Bpf"/>, and a tracefs to find tracepoints in, mounted or mountable.</summary>
    public static void Tracepoints()
    {
        Bpf();
        Assert.SkipUnless(
            Directory.Exists("/sys/kernel/tracing/events/sched") || File.ReadLines("/proc/filesystems").Any(line => line.EndsWith("\ttracefs", StringComparison.Ordinal)),
            "This kernel was built without tracefs.");
    }

    /// <summary>What the kernel shows for what it was built with: a file, a directory.</summary>
    /// <param name="path">Where.</param>
    /// <param name="reason">What it means when it is missing: "This kernel was built without kprobes."</param>
    public static void Path(string path, string reason) => Assert.SkipUnless(System.IO.Path.Exists(path), reason);

    /// <summary>The right to become somebody else, to mount, and to enter other namespaces.</summary>
    public static void Root() => Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root may do this.");

    /// <summary>A program on the PATH.</summary>
    public static void Program(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(directory => File.Exists(System.IO.Path.Combine(directory, name))),
        $"The program {name} is not installed.");
}
