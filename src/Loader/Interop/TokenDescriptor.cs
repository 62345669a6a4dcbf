using System.Runtime.CompilerServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>The token by which a thread creates maps, programs and BTF, entered into what it hands to the kernel.</summary>
internal static class TokenDescriptor
{
    /// <summary>BPF_F_TOKEN_FD; the same for all three.</summary>
    private const uint TokenFd = (uint)BpfMapFlags.TokenFd;

    [ThreadStatic]
    private static int? _current;

    /// <summary>The descriptor; <see langword="null"/> where the process's own capabilities decide.</summary>
    public static int? Current
    {
        get => _current;
        set => _current = value;
    }

    public static void Enter<T>(BpfCommand command, ref T attributes)
        where T : unmanaged
    {
        if (_current is not { } descriptor)
            return;
        switch (command)
        {
            case BpfCommand.MapCreate:
                ref MapCreateAttr map = ref Unsafe.As<T, MapCreateAttr>(ref attributes);
                map.TokenFd = descriptor;
                map.MapFlags |= BpfMapFlags.TokenFd;
                break;
            case BpfCommand.ProgLoad:
                ref ProgLoadAttr program = ref Unsafe.As<T, ProgLoadAttr>(ref attributes);
                program.TokenFd = descriptor;
                program.ProgFlags |= BpfProgramFlags.TokenFd;
                break;
            case BpfCommand.BtfLoad:
                ref BtfLoadAttr btf = ref Unsafe.As<T, BtfLoadAttr>(ref attributes);
                btf.TokenFd = descriptor;
                btf.Flags |= TokenFd;
                break;
        }
    }
}
