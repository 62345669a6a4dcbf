using System.CommandLine;
using P3Ebpf.CoRe.Differential;

Option<string?> oracle = new("--oracle") { Description = "The program that prints what libbpf makes of an object; default: P3EBPF_ORACLE." };
Option<string> clang = new("--clang") { Description = "The compiler.", DefaultValueFactory = _ => "clang-19" };
Option<string> strip = new("--llvm-strip") { Description = "What removes debug information from an object that is to be kept.", DefaultValueFactory = _ => "llvm-strip-19" };
Option<int> damaged = new("--damaged") { Description = "How many damaged objects to compare for each large one.", DefaultValueFactory = _ => 60 };
Option<int> objects = new("--objects") { Description = "How many large objects to compare.", DefaultValueFactory = _ => 14 };
Option<int> cases = new("--cases") { Description = "How many types each of them asks about.", DefaultValueFactory = _ => 300 };
Option<ulong> seed = new("--seed") { Description = "Other seeds make other objects.", DefaultValueFactory = _ => 1 };
Option<string?> keep = new("--keep") { Description = "Where to leave sources and objects; default: nowhere." };
var root = new RootCommand("Relocates generated objects with this library and with libbpf, against every captured kernel, and compares every instruction.")
{
    oracle, clang, objects, cases, damaged, seed, keep,
};
root.SetAction(options =>
{
    if ((options.GetValue(oracle) ?? Environment.GetEnvironmentVariable("P3EBPF_ORACLE")) is not { Length: > 0 } oraclePath)
    {
        Console.Error.WriteLine("Say with --oracle or P3EBPF_ORACLE which program prints libbpf's instructions.");
        return 2;
    }

    using var run = new DifferentialRun(options.GetValue(keep), new BpfCompiler(options.GetValue(clang)!), new LibbpfOracle(oraclePath));
    return run.Run(options.GetValue(seed), options.GetValue(objects), options.GetValue(cases), options.GetValue(damaged)) ? 0 : 1;
});

Argument<FileInfo> output = new("SOURCE") { Description = "The source to write, .bpf.c; the object is written beside it." };
Option<string> kernel = new("--kernel") { Description = "The captured kernel whose types are asked about.", DefaultValueFactory = _ => "vmlinux-7.2.13-amd64" };
var generate = new Command("generate", "Writes one object that relocates against a captured kernel.") { output, clang, strip, cases, seed, kernel };
generate.SetAction(options =>
{
    using var run = new DifferentialRun(null, new BpfCompiler(options.GetValue(clang)!), oracle: null);
    run.Generate(options.GetValue(output)!.FullName, options.GetValue(kernel)!, options.GetValue(strip)!, options.GetValue(seed), options.GetValue(cases));
    return 0;
});
root.Subcommands.Add(generate);

var sample = new Command("sample", $"Asks libbpf about every committed object against every captured kernel, and writes {ExpectedSample.File}, which the tests compare with.") { oracle };
sample.SetAction(options =>
{
    var libbpf = new LibbpfOracle(options.GetValue(oracle) ?? Environment.GetEnvironmentVariable("P3EBPF_ORACLE")!);
    string directory = Directory.CreateTempSubdirectory("p3ebpf-differential").FullName;
    try
    {
        List<KernelTarget> kernels = KernelTarget.All(directory);
        File.WriteAllLines(
            TestData.PathOf(ExpectedSample.File),
            from bpfObject in ExpectedSample.Objects()
            from kernel in kernels
            let path = TestData.PathOf(bpfObject)
            let line = ExpectedSample.Line(bpfObject, kernel.Name, libbpf.Relocate(path, kernel.Path), new OwnRelocation(path, kernel.Target))
            where line is not null
            select line);
    }
    finally
    {
        Directory.Delete(directory, recursive: true);
    }

    return 0;
});
root.Subcommands.Add(sample);
return root.Parse(args).Invoke();
