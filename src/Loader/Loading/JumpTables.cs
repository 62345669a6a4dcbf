using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader;

/// <summary>
/// The jump tables of a program: an insn_array map each, which the program holds once it is loaded. Rule: libbpf's <c>create_jt_map</c>.
/// </summary>
internal sealed class JumpTables : IDisposable
{
    private readonly List<BpfMap> _maps = [];

    /// <summary>Creates the maps, and enters them where the program loads their addresses.</summary>
    /// <exception cref="BpfException">The kernel has no such maps.</exception>
    public JumpTables(BpfProgramSpec program, LinkedProgram linked)
    {
        try
        {
            foreach (LinkedJumpTable table in linked.JumpTables)
            {
                BpfMap map = Create(program, table);
                _maps.Add(map);
                foreach (int load in table.Loads)
                    linked.Instructions[load] = linked.Instructions[load] with { LoadKind = BpfLoadKind.MapValue, Immediate = map.Handle.Descriptor };
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BpfMap map in _maps)
            map.Dispose();
    }

    private static BpfMap Create(BpfProgramSpec program, LinkedJumpTable table)
    {
        var spec = new BpfMapSpec(BpfObjectSections.JumpTables)
        {
            Type = BpfMapType.InsnArray,
            KeySize = sizeof(uint),
            ValueSize = Unsafe.SizeOf<InstructionPlace>(),
            MaxEntries = (uint)table.Targets.Length,
        };
        BpfMap map;
        try
        {
            map = BpfMap.Create(spec);
        }
        catch (BpfException e) when (e.Kind != BpfFailureKind.NotPermitted && BpfMapType.InsnArray.Since() > KernelVersion.Current)
        {
            throw BpfException.NotSupported(
                $"creating the jump table of program '{program.Name}'",
                $"Indirect jumps need Linux {BpfMapType.InsnArray.Since()} (compile it with -fno-jump-tables for older ones)", BpfCommand.MapCreate);
        }

        try
        {
            for (int i = 0; i < table.Targets.Length; i++)
            {
                var place = new InstructionPlace { Original = (uint)table.Targets[i] };
                map.Update(BitConverter.GetBytes(i), MemoryMarshal.AsBytes(new ReadOnlySpan<InstructionPlace>(in place)));
            }

            map.Freeze();
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary><c>struct bpf_insn_array_value</c> of include/uapi/linux/bpf.h: behind the instruction as loaded, the kernel says where it went.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private struct InstructionPlace
    {
        public uint Original;
    }
}
