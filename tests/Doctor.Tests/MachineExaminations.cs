namespace P3Ebpf.Doctor.Tests;

internal static class MachineExaminations
{
    public static DoctorReport Examine(
        this PlantedMachine machine, string? log = null, string? loader = null, string? btf = null, string? bpfObject = null,
        params (string Name, string Value)[] environment) =>
        LoadDoctor.Examine(new DoctorRequest
        {
            Log = log,
            Loader = loader,
            BtfPath = btf,
            ObjectPath = bpfObject,
            Root = machine.Root,
            Environment = environment.ToDictionary(e => e.Name, e => e.Value),
        });
}
