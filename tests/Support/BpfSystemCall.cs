using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.TestSupport;

/// <summary>bpf(2) with nothing of the loader: what the kernel itself says of a test's means and results.</summary>
internal static partial class BpfSystemCall
{
    public const int Eperm = 1;
    public const int Enosys = 38;

    private const int MapCreate = 0;
    private const int ProgramLoad = 5;
    private const int BtfLoad = 18;

    /// <summary>Creates a map and loads a tracepoint's program, which asks for CAP_BPF and CAP_PERFMON, and lets go of both.</summary>
    /// <returns>0, or the error number.</returns>
    public static unsafe int TryEverything()
    {
        ReadOnlySpan<uint> array = [2, 4, 4, 1]; // BPF_MAP_TYPE_ARRAY; sizes of key and value; entries
        int error = Call(MapCreate, MemoryMarshal.AsBytes(array));
        if (error != 0)
            return error;

        const uint Tracepoint = 5;
        ReadOnlySpan<ulong> returnZero = [0xb7, 0x95];
        fixed (ulong* instructions = returnZero)
        fixed (byte* license = "GPL\0"u8)
        {
            Span<byte> attributes = stackalloc byte[24];
            BinaryPrimitives.WriteUInt64LittleEndian(attributes, Tracepoint | ((ulong)returnZero.Length << 32));
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[8..], (ulong)instructions);
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[16..], (ulong)license);
            return Call(ProgramLoad, attributes);
        }
    }

    /// <summary>Hands BTF to the running kernel.</summary>
    /// <returns>0, or the error number; the kernel's log says why.</returns>
    public static unsafe int LoadBtf(byte[] btf, out string log)
    {
        byte[] text = new byte[1 << 16];
        int error;
        fixed (byte* data = btf)
        fixed (byte* buffer = text)
        {
            var attributes = new BtfAttributes { Btf = (ulong)data, Log = (ulong)buffer, BtfSize = (uint)btf.Length, LogSize = (uint)text.Length, LogLevel = 1 };
            error = Call(BtfLoad, new ReadOnlySpan<byte>(&attributes, sizeof(BtfAttributes)));
        }

        log = Encoding.UTF8.GetString(text).TrimEnd('\0');
        return error;
    }

    private static unsafe int Call(int command, ReadOnlySpan<byte> attributes)
    {
        nint number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 321,
            Architecture.Arm64 => 280,
            _ => -1,
        };
        if (!OperatingSystem.IsLinux() || number < 0)
            return Enosys;

        fixed (byte* bytes = attributes)
        {
            nint descriptor = Syscall(number, command, bytes, attributes.Length);
            if (descriptor < 0)
                return Marshal.GetLastPInvokeError();
            _ = Close((int)descriptor);
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint Syscall(nint number, nint command, void* attributes, nint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    private struct BtfAttributes
    {
        public ulong Btf;
        public ulong Log;
        public uint BtfSize;
        public uint LogSize;
        public uint LogLevel;
        public uint Padding;
    }
}
