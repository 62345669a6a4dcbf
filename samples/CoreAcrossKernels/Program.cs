// Says on which kernels a program will run, without running them: only their BTF is needed, and no privilege. Then runs it on this one.
//
//   dotnet run -- vmlinux-5.10.btf.gz vmlinux-6.12.btf.gz
using CoreAcrossKernels;
using P3Ebpf.CoRe;
using P3Ebpf.Loader.Running;
using P3Ebpf.Object.Relocation;

using State state = State.Open();

foreach (string file in args.Append("/sys/kernel/btf/vmlinux"))
{
    #region relocate
    BpfObjectRelocation relocation = state.Spec.Relocate(new CoreTarget(BtfFile.Read(file)));
    Console.WriteLine($"{Path.GetFileName(file)}: {relocation.Judge()}");
    foreach (CoreRelocationResult result in relocation.Functions.SelectMany(function => function.Results))
        Console.WriteLine($"    {result.Kind,-15} {result.Local,-66} {result.Outcome,-9} {result.Value}");
    #endregion
}

if (!Environment.IsPrivilegedProcess)
    return;
state.Load();
state.Attach();
Thread.Sleep(1000);
foreach (IGrouping<string, ulong> times in state.States.ToLookup(entry => Name(entry.Key), entry => entry.Value))
    Console.WriteLine($"left a processor {times.Key}: {times.Sum(count => (long)count)} times");

static string Name(ulong mask) => mask switch
{
    0 => "still runnable",
    _ when (mask & 1) != 0 => "to sleep",
    _ when (mask & 2) != 0 => "to sleep undisturbed",
    _ when (mask & 0x30) != 0 => "for good",
    _ => $"in state 0x{mask:x}",
};
