// What is promised of structs that somebody wrote by hand, in native code, where little is known of types at run time: right ones are taken, whatever they are
// made of, and wrong ones refused. Of structs within structs only place and size are known there. The argument is typed_records.bpf.o.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using P3Ebpf.Object;

BpfVariableSpec trace = BpfObjectSpec.Read(args[0]).Variables["trace"];
int failed = 0;
Try<Nested>(refused: null);
Try<Flat>(refused: null);
Try<Fixed>(refused: null);
Try<Opaque>(refused: null);
Try<InlineOfStructs>(refused: null);
Try<Exchanged>(refused: "Name has 8 bytes at 48");
Try<WrongSize>(refused: "has 64 bytes, WrongSize has 56");
Try<ShiftedNested>(refused: "Owner has 16 bytes at 8");
Try<FlatExchanged>(refused: "Number has 8 bytes at 0");
Console.WriteLine(failed == 0 ? "all as promised" : $"{failed} not as promised");
return failed;

void Try<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields)] T>(string? refused)
    where T : unmanaged
{
    string said;
    try
    {
        _ = trace.Get<T>();
        said = "taken";
    }
    catch (ArgumentException e)
    {
        said = e.Message;
    }

    bool isRight = refused is null ? said == "taken" : said.Contains(refused, StringComparison.Ordinal);
    Console.WriteLine($"{(isRight ? "right" : "WRONG")}  {typeof(T).Name}: {said}");
    failed += isRight ? 0 : 1;
}

internal struct Command { public uint Number; public ulong Factor; }

internal struct Process { public ulong Answer; public uint Pid, Parent; }

[InlineArray(2)]
internal struct TwoProcesses { private Process _first; }

[InlineArray(8)]
internal struct Text { private byte _first; }

internal struct Nested { public Command Last; public Process First, Second; public nint Next; public Text Name; }

internal struct InlineOfStructs { public Command Last; public TwoProcesses Owners; public nint Next; public Text Name; }

internal struct Flat { public uint Number; public ulong Factor; public ulong Answer; public uint Pid, Parent; public ulong Answer2; public uint Pid2, Parent2; public ulong Next; public Text Name; }

internal unsafe struct Fixed { public Command Last; public TwoProcesses Owners; public void* Next; public fixed byte Name[8]; }

[BpfOpaque]
internal struct Opaque { public ulong A, B, C, D, E, F, G, H; }

internal struct Exchanged { public Command Last; public TwoProcesses Owners; public Text Name; public nint Next; }

internal struct WrongSize { public Command Last; public TwoProcesses Owners; public nint Next; }

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct ShiftedNested { [FieldOffset(8)] public Process Owner; [FieldOffset(56)] public Text Name; }

internal struct FlatExchanged { public ulong Number; public uint Factor; public uint Gap; public TwoProcesses Owners; public nint Next; public Text Name; }
