using System.CommandLine;

namespace P3Ebpf.Cli.Load;

/// <summary>The option of <c>load</c> that gives global variables and constants their values.</summary>
internal sealed class VariableOptions
{
    private readonly Option<string[]> _values = new("--var")
    {
        HelpName = "NAME=VALUE",
        Description = "Set a global variable or constant before loading: a number, true or false, the name of an enumerator, a text, { member = 1 } or [1, 2]. May be given again.",
    };

    public Option Option => _values;

    /// <summary>Gives the variables of an object the values of the command line.</summary>
    /// <exception cref="UsageException">A value does not fit the type of its variable.</exception>
    /// <exception cref="KeyNotFoundException">There is no such variable.</exception>
    public void Apply(ParseResult arguments, BpfObjectSpec spec)
    {
        foreach (string text in arguments.GetValue(_values) ?? [])
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"--var takes NAME=VALUE, not '{text}'.");
            BpfVariableSpec variable = spec.Variables[text[..equals]];
            try
            {
                BtfValueParser.Parse(spec.Btf![new BtfTypeId(variable.BtfTypeId)], text[(equals + 1)..], variable.InitialBytes);
            }
            catch (FormatException e)
            {
                throw new UsageException($"--var {variable.Name}: {e.Message}");
            }
        }
    }
}
