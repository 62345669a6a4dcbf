using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Btf.Tests;

/// <summary>Hands BTF to the running kernel (BPF_BTF_LOAD), with nothing of the loader.</summary>
internal static partial class KernelBtf
{
    private const int BtfLoad = 18;
    private const int Eperm = 1;
    private const int Enosys = 38;

    public static bool IsNotPermitted(int error) => error is Eperm or Enosys;

    /// <returns>0, or the error number; the kernel's log says why.</returns>
    public static unsafe int Load(byte[] btf, out string log)
    {
        log = string.Empty;
        if (!OperatingSystem.IsLinux())
            return Enosys;
        nint number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 321,
            Architecture.Arm64 => 280,
            _ => -1,
        };
        if (number < 0)
            return Enosys;

        byte[] text = new byte[1 << 16];
        nint descriptor;
        fixed (byte* data = btf)
        fixed (byte* buffer = text)
        {
            var attributes = new Attributes { Btf = (ulong)data, Log = (ulong)buffer, BtfSize = (uint)btf.Length, LogSize = (uint)text.Length, LogLevel = 1 };
            descriptor = Syscall(number, BtfLoad, &attributes, sizeof(Attributes));
        }

        int error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        log = Encoding.UTF8.GetString(text).TrimEnd('\0');
        if (descriptor >= 0)
            _ = Close((int)descriptor);
        return error;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint Syscall(nint number, nint command, void* attributes, nint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    private struct Attributes
    {
        public ulong Btf;
        public ulong Log;
        public uint BtfSize;
        public uint LogSize;
        public uint LogLevel;
        public uint Padding;
    }
}
