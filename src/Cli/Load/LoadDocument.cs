using System.Text.Json.Serialization;
using System.Text.Json;
using P3Ebpf.Cli.Lottery;
using P3Ebpf.Cli.Maps;

namespace P3Ebpf.Cli.Load;

/// <summary>The answer of <c>load --json</c>.</summary>
/// <param name="Object">The file, or the name of the built-in object.</param>
/// <param name="TargetBtf">What CO-RE went by; null where the object has nothing to relocate.</param>
/// <param name="Programs">What was loaded.</param>
/// <param name="Maps">What was created.</param>
/// <param name="Links">What was attached.</param>
/// <param name="Pins">All pins, programs first, links last.</param>
/// <param name="Tasks">What was counted until the end, if the command stayed and the object has a map of tasks.</param>
/// <param name="Variables">The global variables at the end, of an object that yields records.</param>
/// <param name="Entries">The entries of its small maps at the end, by map.</param>
internal sealed record LoadDocument(
    string Object,
    string? TargetBtf,
    IReadOnlyList<LoadDocument.Program> Programs,
    IReadOnlyList<LoadDocument.Map> Maps,
    IReadOnlyList<LoadDocument.Link> Links,
    IReadOnlyList<string> Pins,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TaskEntry>? Tasks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, JsonElement>? Variables = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, IReadOnlyList<MapEntry>>? Entries = null) : CliDocument
{
    /// <param name="Name">The C function.</param>
    /// <param name="Section">Its section.</param>
    /// <param name="Type">The kernel's name of the type.</param>
    /// <param name="Id">The kernel's number.</param>
    /// <param name="Tag">The kernel's hash of the instructions.</param>
    /// <param name="Instructions">Instructions after the verifier; 0 where the kernel does not tell.</param>
    /// <param name="Attached">Whether it has a link.</param>
    internal sealed record Program(string Name, string Section, string Type, uint Id, string Tag, int Instructions, bool Attached)
    {
        public static Program From(BpfProgram program, BpfLink? link)
        {
            BpfProgramInfo info = program.GetInfo();
            return new(program.Name, program.Spec!.SectionName, Words.Of(program.Type), info.Id, info.Tag, info.InstructionCount, link is not null);
        }
    }

    /// <param name="Name">The name in the object.</param>
    /// <param name="Type">The kernel's name of the type.</param>
    /// <param name="Id">The kernel's number.</param>
    /// <param name="KeySize">Bytes of a key.</param>
    /// <param name="ValueSize">Bytes of a value.</param>
    /// <param name="MaxEntries">The most entries; of a ring buffer, bytes.</param>
    internal sealed record Map(string Name, string Type, uint Id, int KeySize, int ValueSize, uint MaxEntries)
    {
        public static Map From(string name, BpfMap map) => new(name, Words.Of(map.Type), map.GetInfo().Id, map.KeySize, map.ValueSize, map.MaxEntries);
    }

    /// <param name="Program">The attached program; null for a struct_ops map.</param>
    /// <param name="Map">The struct_ops map in force.</param>
    /// <param name="Type">The kernel's name of the type.</param>
    /// <param name="Id">The kernel's number; null where the kernel has no object for it (perf events before Linux 5.15, struct_ops maps that are registered).</param>
    /// <param name="Pin">Where it is pinned.</param>
    internal sealed record Link(string? Program, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Map, string Type, uint? Id, string? Pin)
    {
        public static Link From(BpfLink link, string? pin)
        {
            BpfLinkInfo? info = link.IsKernelLink ? link.GetInfo() : null;
            return new(link.Program?.Name, link.Map?.Name, Words.Of(info?.Type ?? TypeOf(link)), info?.Id, pin);
        }

        /// <summary>Of an attachment that the kernel has no link for, the kind of link that it would be.</summary>
        private static BpfLinkType TypeOf(BpfLink link) => link switch
        {
            CgroupLink => BpfLinkType.Cgroup,
            NetnsLink => BpfLinkType.Netns,
            SockmapLink => BpfLinkType.Sockmap,
            StructOpsLink => BpfLinkType.StructOps,
            XdpLink => BpfLinkType.Xdp,
            TcFilter => BpfLinkType.Tcx,
            _ => BpfLinkType.PerfEvent,
        };
    }
}
