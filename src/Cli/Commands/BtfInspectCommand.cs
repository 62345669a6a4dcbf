using System.CommandLine;
using P3Ebpf.Cli.Commands.BtfInspect;

namespace P3Ebpf.Cli.Commands;

/// <summary>The group of commands that look at BTF and at objects, and need no privilege.</summary>
internal sealed class BtfInspectCommand : Command
{
    public BtfInspectCommand()
        : base("btf-inspect", "Look at BTF and BPF objects: check, print, compare, relocate, minimise, diagnose.")
    {
        Subcommands.Add(new CheckCommand());
        Subcommands.Add(new DumpCommand());
        Subcommands.Add(new TypeCommand());
        Subcommands.Add(new DiffCommand());
        Subcommands.Add(new CoreCommand());
        Subcommands.Add(new MinCommand());
        Subcommands.Add(new ExtractCommand());
        Subcommands.Add(new DoctorCommand());
    }
}
