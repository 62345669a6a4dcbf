using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace P3Ebpf.MutationScore;

/// <summary>A library with all its mutants, or all its probes, in it; compiled once.</summary>
/// <param name="library">The library as it is.</param>
/// <param name="places">The directories and files that are rewritten; other files of the library stay as they are.</param>
/// <param name="output">The assembly to write.</param>
internal sealed class Schemata(CSharpCompilation library, string[] places, string output)
{
    private const int Rounds = 40;

    /// <returns>The mutants that compile.</returns>
    public List<Mutant> Mutants() => Compile(
        (model, first, dropped) =>
        {
            var mutator = new Mutator(model, first, dropped);
            return (mutator.Visit(model.SyntaxTree.GetRoot())!, mutator.Mutants, mutator.Next);
        },
        mutant => mutant);

    public List<Probe> Probes() => Compile(
        (model, first, dropped) =>
        {
            var tracer = new Tracer(model, first, dropped);
            return (tracer.Visit(model.SyntaxTree.GetRoot())!, tracer.Probes, tracer.Next);
        },
        _ => null);

    private List<T> Compile<T>(Func<SemanticModel, int, IReadOnlySet<int>, (SyntaxNode Tree, List<T> Places, int Next)> rewrite, Func<T, Mutant?> mutantOf)
    {
        HashSet<int> dropped = [];
        for (int round = 0; round < Rounds; round++)
        {
            List<T> found = [];
            int next = 1;
            CSharpCompilation rewritten = library;
            foreach (SyntaxTree tree in library.SyntaxTrees.Where(IsChosen).OrderBy(tree => tree.FilePath, StringComparer.Ordinal))
            {
                (SyntaxNode root, List<T> ofTree, next) = rewrite(library.GetSemanticModel(tree), next, dropped);
                found.AddRange(ofTree);
                rewritten = rewritten.ReplaceSyntaxTree(tree, CSharpSyntaxTree.Create((CSharpSyntaxNode)root, (CSharpParseOptions)tree.Options, tree.FilePath));
            }

            using var image = new MemoryStream();
            Diagnostic[] errors = [.. rewritten.AddSyntaxTrees(Switch()).Emit(image).Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
            if (errors.Length == 0)
            {
                File.WriteAllBytes(output, image.ToArray());
                return found;
            }

            int before = dropped.Count;
            Dictionary<int, Mutant> mutants = found.Select(mutantOf).OfType<Mutant>().ToDictionary(mutant => mutant.Id);
            foreach (Diagnostic error in errors)
                dropped.UnionWith(Guilty(error, mutants));
            if (dropped.Count == before)
                throw new InvalidOperationException($"Nothing that was rewritten is to blame for {errors[0]}");
            Console.Error.WriteLine($"{dropped.Count} do not compile");
        }

        throw new InvalidOperationException("What was rewritten does not compile.");
    }

    private bool IsChosen(SyntaxTree tree) => !tree.FilePath.Contains("/obj/", StringComparison.Ordinal) && places.Any(place => Path.GetFullPath(tree.FilePath).StartsWith(place, StringComparison.Ordinal));

    private SyntaxTree Switch()
    {
        using var text = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("Switch.cs")!);
        return CSharpSyntaxTree.ParseText(text.ReadToEnd(), (CSharpParseOptions)library.SyntaxTrees.First().Options);
    }

    /// <summary>The innermost mutant around an error; else those of the statement, and else of the member, that may have led to it.</summary>
    private static IEnumerable<int> Guilty(Diagnostic error, Dictionary<int, Mutant> mutants)
    {
        SyntaxNode? node = error.Location.SourceTree?.GetRoot().FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        SyntaxNode? around = node?.AncestorsAndSelf().FirstOrDefault(ancestor => ancestor.HasAnnotations(Mutator.Annotation));
        if (around is not null)
            return Ids(around);
        Func<int, bool> isJump = id => mutants.TryGetValue(id, out Mutant? mutant) && mutant.Changed == ";" && !mutant.Original.Contains('=', StringComparison.Ordinal);
        Func<int, bool>[] suspects = error.Id switch
        {
            // A path without a value, or into the next section of a switch.
            "CS0161" or "CS1643" or "CS0163" or "CS8070" => [isJump, _ => true],

            // A variable without a value, whose name is between quotes.
            "CS0165" or "CS0177" or "CS0171" =>
                [id => mutants.TryGetValue(id, out Mutant? mutant) && mutant.Original.Contains(error.GetMessage().Split('\'')[1], StringComparison.Ordinal), isJump, _ => true],
            _ => [_ => true],
        };
        SyntaxNode[] scopes = [.. node?.AncestorsAndSelf().Where(IsScope) ?? []];
        return suspects
            .SelectMany(suspect => scopes.Select(scope => scope.GetAnnotatedNodes(Mutator.Annotation).SelectMany(Ids).Where(suspect).ToArray()))
            .FirstOrDefault(ids => ids.Length > 0) ?? [];
    }

    private static bool IsScope(SyntaxNode node) => node is (StatementSyntax and not BlockSyntax) or (MemberDeclarationSyntax and not TypeDeclarationSyntax) or AccessorDeclarationSyntax;

    private static IEnumerable<int> Ids(SyntaxNode node) => node.GetAnnotations(Mutator.Annotation).Select(annotation => int.Parse(annotation.Data!, System.Globalization.CultureInfo.InvariantCulture));
}
