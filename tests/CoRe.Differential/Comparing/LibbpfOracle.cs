using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>
/// libbpf's side: a program that prints, for an object and a BTF, a line <c>prog NAME …</c> for each program and one that begins
/// with the 16 hex digits for each of its instructions, and that fails with libbpf's error number in parentheses.
/// </summary>
/// <param name="path">The program.</param>
internal sealed class LibbpfOracle(string path)
{
    public RelocatedObject Relocate(string bpfObject, string btf)
    {
        (int exit, string output, string error) = ExternalTool.Run(path, "--no-maps", "--autoload-all", bpfObject, btf);
        if (exit != 0)
            return RelocatedObject.Refused(ErrorNumber(error), error.Trim());

        var programs = new Dictionary<string, string[]>(StringComparer.Ordinal);
        string name = string.Empty;
        List<string> instructions = [];
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("prog ", StringComparison.Ordinal))
            {
                name = line.Split(' ')[1];
                instructions = [];
                programs.Add(name, []);
            }
            else
            {
                instructions.Add(line[..16]);
                programs[name] = [.. instructions];
            }
        }

        return new RelocatedObject(0, string.Empty, programs);
    }

    /// <summary>The number at the end, as in <c>prepare: Invalid argument (-22)</c>; one that libbpf does not tell counts as EINVAL.</summary>
    private static int ErrorNumber(string error)
    {
        int open = error.LastIndexOf("(-", StringComparison.Ordinal);
        int close = open < 0 ? -1 : error.IndexOf(')', open);
        return close > 0 && int.TryParse(error.AsSpan(open + 2, close - open - 2), CultureInfo.InvariantCulture, out int number) ? number : (int)CoreErrorCode.Einval;
    }
}
