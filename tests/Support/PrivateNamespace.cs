using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.TestSupport;

/// <summary>Runs a test on a thread with a network or with mounts of its own, so that it changes nothing of the machine's and
/// meets no other run of itself.</summary>
internal static partial class PrivateNamespace
{
    private const int NewMounts = 0x00020000; // CLONE_NEWNS
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const nuint Private = (1 << 18) | (1 << 14); // MS_PRIVATE, MS_REC
    private const int Detach = 2; // MNT_DETACH

    /// <summary>With nothing but a loopback device.</summary>
    public static void WithNetwork(Action test) => Run(NewNetwork, test);

    /// <summary>With the machine's mounts, less those on one directory.</summary>
    public static void WithoutMountsOn(string directory, Action test) => Run(NewMounts, () =>
    {
        Assert.SkipUnless(Mount(null, "/", null, Private, null) == 0, "Mounts may not be made private here.");
        while (Unmount(directory, Detach) == 0)
            continue;
        test();
    });

    private static void Run(int flags, Action test)
    {
        ExceptionDispatchInfo? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.SkipUnless(Unshare(flags) == 0, $"Namespaces may not be made here: {Marshal.GetLastPInvokeErrorMessage()}.");
                test();
            }
            catch (Exception e)
            {
                thrown = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        thrown?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
