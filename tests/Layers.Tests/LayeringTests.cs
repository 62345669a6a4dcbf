namespace P3Ebpf.Layers.Tests;

/// <summary>Dependencies between the namespaces inside an assembly point one way.</summary>
public sealed class LayeringTests
{
    /// <summary>Who may know whom, most basic first; each only those that stand before it.</summary>
    private static readonly (string Who, string[] MayKnow)[] Table =
    [
        ("Names", []),
        ("Btf", ["Names"]),
        ("Elf", ["Names"]),
        ("CoRe", ["Names"]),

        ("Object.Uapi", []),
        ("Object.Sections", ["Object.Uapi"]),
        ("Object", ["Names", "Object.Uapi", "Object.Sections"]),
        ("Object.Relocation", ["Names", "Object.Uapi", "Object.Sections", "Object"]),
        ("Object.Requirements", ["Names", "Object.Uapi", "Object.Sections", "Object", "Object.Relocation"]),
        ("Object.Linking", ["Object", "Object.Relocation"]),

        ("Loader.Interop", []),
        ("Loader.Features", ["Loader.Interop"]),
        ("Loader.Resources", ["Loader.Interop", "Loader.Features"]),
        ("Loader.Verifier", ["Loader.Interop", "Loader.Resources"]),
        ("Loader.Running", ["Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Verifier"]),
        ("Loader.Libraries", ["Loader.Interop", "Loader.Resources", "Loader.Running"]),
        ("Loader.Maps", ["Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Running"]),
        ("Loader.Buffers", ["Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Running", "Loader.Maps"]),
        ("Loader.Programs", ["Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Verifier", "Loader.Running", "Loader.Maps"]),
        ("Loader.Links", ["Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Running", "Loader.Libraries", "Loader.Maps", "Loader.Programs"]),
        ("Loader",
        [
            "Loader.Interop", "Loader.Features", "Loader.Resources", "Loader.Verifier", "Loader.Running", "Loader.Maps", "Loader.Buffers", "Loader.Programs",
            "Loader.Links",
        ]),

        ("Doctor.Machine", []),
        ("Doctor.Libraries", ["Doctor.Machine"]),
        ("Doctor.Log", ["Doctor.Libraries"]),
        ("Doctor", ["Doctor.Machine", "Doctor.Libraries", "Doctor.Log"]),

        ("Cli.Output", []),
        ("Cli.Arguments", ["Cli.Output"]),
        ("Cli.BtfInspect.Fleet", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.BtfInspect", ["Cli.Output", "Cli.Arguments", "Cli.BtfInspect.Fleet"]),
        ("Cli.Gen", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.Link", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.RunningKernel", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.Maps", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.Lottery", ["Cli.Output", "Cli.Arguments"]),
        ("Cli.Load.Records", ["Cli.Output"]),
        ("Cli.Load", ["Cli.Output", "Cli.Arguments", "Cli.Maps", "Cli.Lottery", "Cli.Load.Records"]),
        ("Cli",
        [
            "Cli.Output", "Cli.Arguments", "Cli.BtfInspect", "Cli.Gen", "Cli.Link", "Cli.RunningKernel", "Cli.Maps", "Cli.Lottery", "Cli.Load",
        ]),
    ];

    public static TheoryData<string> Assemblies =>
        ["P3Ebpf.Errors", "P3Ebpf.Btf", "P3Ebpf.Elf", "P3Ebpf.CoRe", "P3Ebpf.Object", "P3Ebpf.Loader", "P3Ebpf.Doctor", "P3Ebpf.Linker", "P3Ebpf.Bindings", "p3ebpf"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_namespace_knows_another_that_knows_it(string assembly) => GraphOf(assembly).Circles().Should().BeEmpty();

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Each_namespace_knows_only_whom_the_table_lets_it_know(string assembly)
    {
        Dictionary<string, string[]> table = Table.ToDictionary(row => row.Who, row => row.MayKnow);
        NamespaceGraph graph = GraphOf(assembly);
        string[] forbidden =
        [
            .. from row in graph.Known
               from other in row.Value
               where !table.GetValueOrDefault(Short(row.Key), []).Contains(Short(other))
               select $"{Short(row.Key)} knows {Short(other)}: {string.Join(", ", graph.Between(row.Key, other).Order(StringComparer.Ordinal).Take(3))}",
        ];
        forbidden.Should().BeEmpty();
    }

    [Fact]
    public void The_table_itself_goes_one_way()
    {
        List<string> before = [];
        foreach ((string who, string[] mayKnow) in Table)
        {
            mayKnow.Should().BeSubsetOf(before, who);
            before.Add(who);
        }
    }

    private static string Short(string name) => name["P3Ebpf.".Length..];

    private static NamespaceGraph GraphOf(string assembly) => NamespaceGraph.Of(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
}
