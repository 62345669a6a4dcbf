using System.Globalization;
using System.Runtime.CompilerServices;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Writes cases as a source and compiles it.</summary>
internal sealed class CorpusObject
{
    /// <summary>Which statements go depends on which went before; in the end there is nothing left to refuse.</summary>
    private const int MaxRounds = 20;

    private readonly List<CorpusCase> _refused = [];
    private readonly IReadOnlyList<CorpusCase> _cases;

    private CorpusObject(string path, CorpusSource source, IReadOnlyList<CorpusCase> cases)
    {
        _cases = cases;
        Path = path;
        Source = source;
    }

    /// <summary>The object file.</summary>
    public string Path { get; }

    public CorpusSource Source { get; }

    /// <summary>What was left out because some kernel refuses it; each a case with one statement.</summary>
    public IReadOnlyList<CorpusCase> Refused => _refused;

    /// <exception cref="CompilerException">clang refuses the source.</exception>
    public static CorpusObject Build(IReadOnlyList<CorpusCase> cases, string sourcePath, BpfCompiler compiler, int cpu)
    {
        var source = new CorpusSource(cases);
        File.WriteAllText(sourcePath, source.Text);
        return new CorpusObject(compiler.Compile(sourcePath, cpu), source, cases);
    }

    /// <summary>
    /// Builds an object without the statements that are refused: one refusal would keep all the rest from being compared. That they
    /// are rightly refused has to be seen from objects of their own.
    /// </summary>
    public static CorpusObject BuildAccepted(
        IReadOnlyList<CorpusCase> cases, string sourcePath, BpfCompiler compiler, int cpu, IReadOnlyList<KernelTarget> kernels)
    {
        cases = Compilable(cases, sourcePath, compiler, cpu);
        CorpusObject built = Build(cases, sourcePath, compiler, cpu);
        var refused = new List<CorpusCase>();
        for (int round = 0; round < MaxRounds; round++)
        {
            HashSet<string> statements = built.RefusedStatements(kernels);
            if (statements.Count == 0)
                break;
            refused.AddRange(cases.SelectMany(c => c.Statements.Where(s => statements.Contains(Key(c, s))).Select(s => c with { Statements = [s] })));
            cases = [.. cases.Select(c => c with { Statements = [.. c.Statements.Where(s => !statements.Contains(Key(c, s)))] }).Where(c => c.Statements.Count > 0)];
            built = Build(cases, sourcePath, compiler, cpu);
        }

        built._refused.AddRange(refused);
        return built;
    }

    /// <summary>clang gives up on some accesses of bitfields and packed types; no source tells which, so the cases are halved.</summary>
    private static IReadOnlyList<CorpusCase> Compilable(IReadOnlyList<CorpusCase> cases, string sourcePath, BpfCompiler compiler, int cpu)
    {
        try
        {
            _ = Build(cases, sourcePath, compiler, cpu);
            return cases;
        }
        catch (CompilerException)
        {
            int half = cases.Count / 2;
            return half == 0 ? [] :
            [
                .. Compilable([.. cases.Take(half)], sourcePath, compiler, cpu),
                .. Compilable([.. cases.Skip(half)], sourcePath, compiler, cpu),
            ];
        }
    }

    private static string Key(CorpusCase item, string statement) =>
        string.Create(CultureInfo.InvariantCulture, $"{RuntimeHelpers.GetHashCode(item.Root)} {statement}");

    private HashSet<string> RefusedStatements(IReadOnlyList<KernelTarget> kernels)
    {
        var statements = new HashSet<string>(StringComparer.Ordinal);
        foreach (KernelTarget kernel in kernels)
        {
            var own = new OwnRelocation(Path, kernel.Target);
            foreach ((BpfRelocatedFunction function, CoreRelocationResult result) in own.Results)
            {
                if (result.Outcome == CoreRelocationOutcome.Failed)
                    statements.UnionWith(StatementsOf(function, result, own.LocalBtf![result.Record.TypeId].Name.ToString()));
            }
        }

        return statements;
    }

    /// <summary>The statement on the line that asked; where the compiler has moved the instruction elsewhere, all about its type.</summary>
    private IEnumerable<string> StatementsOf(BpfRelocatedFunction function, CoreRelocationResult result, string root)
    {
        int line = function.Function.SourceLineOf(result.InstructionIndex)?.Line ?? 0;
        return Source.At(line) is { } at && IsAbout(at.Case, root)
            ? [Key(at.Case, at.Statement)]
            : _cases.Where(c => IsAbout(c, root)).SelectMany(c => c.Statements.Select(s => Key(c, s)));
    }

    /// <summary>A struct without a tag is known by its typedef in C, but not always in a relocation.</summary>
    private static bool IsAbout(CorpusCase item, string root) => root.Length > 0 ? item.RootName == root : item.Root is CTypedef { Stripped: CRecord { Tag: null } };
}
