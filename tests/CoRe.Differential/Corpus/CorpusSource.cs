using System.Globalization;
using System.Text;

namespace P3Ebpf.CoRe.Differential;

/// <summary>The C source of some cases, spread over programs and subprograms.</summary>
internal sealed class CorpusSource
{
    private const int CasesPerFunction = 8;
    private const int FunctionsPerProgram = 4;

    private static readonly string[] Sections =
        ["raw_tp/sys_enter", "?raw_tp/sys_exit", "tc", "xdp", "?kprobe/nothing", "tracepoint/sched/sched_switch", "socket", "?xdp"];

    private readonly StringBuilder _text = new();
    private readonly Dictionary<int, (CorpusCase Case, string Statement)> _byLine = [];
    private int _line = 1;

    public CorpusSource(IReadOnlyList<CorpusCase> cases)
    {
        Add("#define USE(x) asm volatile(\"\" :: \"r\"((unsigned long long)(x)))");
        Add("#define P(T) ({ T *p_; asm volatile(\"\" : \"=r\"(p_)); p_; })");
        Add("#define V ({ unsigned long long v_; asm volatile(\"\" : \"=r\"(v_)); v_; })");
        Add("#define SEC(n) __attribute__((section(n), used))");
        Add("#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)");
        var definitions = new CDefinitions();
        foreach (CorpusCase item in cases)
            item.Root.Define(definitions);
        foreach (string line in definitions.Lines)
            Add(line);
        Add("#pragma clang attribute pop");
        AddFunctions([.. cases.Chunk(CasesPerFunction)]);
        Add("char _license[] SEC(\"license\") = \"GPL\";");
    }

    public string Text => _text.ToString();

    /// <summary>The statement on a line.</summary>
    public (CorpusCase Case, string Statement)? At(int line) => _byLine.TryGetValue(line, out (CorpusCase, string) at) ? at : null;

    /// <summary>
    /// Of each four functions three are subprograms, static, global and weak, and one is the program that calls them and one of the
    /// program before it.
    /// </summary>
    private void AddFunctions(IReadOnlyList<CorpusCase[]> functions)
    {
        for (int first = 0; first < functions.Count; first += FunctionsPerProgram)
        {
            int end = Math.Min(first + FunctionsPerProgram, functions.Count);
            for (int i = end - 1; i > first; i--)
            {
                string linkage = (i - first) switch { 1 => "static ", 2 => string.Empty, _ => "__attribute__((weak)) " };
                AddFunction($"{linkage}__attribute__((noinline)) int sub_{i}(void)", functions[i], i - first == 2 && i + 1 < end ? [i + 1] : []);
            }

            IEnumerable<int> callees = Enumerable.Range(first + 1, end - first - 1);
            int program = first / FunctionsPerProgram;
            AddFunction($"SEC(\"{Sections[program % Sections.Length]}\") int prog_{program}(void *ctx)", functions[first], first > 0 ? callees.Append(first - 1) : callees);
        }
    }

    private void AddFunction(string head, IEnumerable<CorpusCase> cases, IEnumerable<int> callees)
    {
        Add(head);
        Add("{");
        foreach (CorpusCase item in cases)
        {
            foreach (string statement in item.Statements)
            {
                _byLine.Add(_line, (item, statement));
                Add("\t" + statement);
            }
        }

        foreach (int callee in callees)
            Add(string.Create(CultureInfo.InvariantCulture, $"\tUSE(sub_{callee}());"));
        Add("\treturn 0;");
        Add("}");
    }

    private void Add(string line)
    {
        _ = _text.Append(line).Append('\n');
        _line++;
    }
}
