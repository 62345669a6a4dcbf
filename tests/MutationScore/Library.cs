using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace P3Ebpf.MutationScore;

/// <summary>A library of src/ as the compiler sees it: the command line is MSBuild's, so that options, references and source generators are those of the build.</summary>
internal static class Library
{
    public static CSharpCompilation Read(string root, string name)
    {
        string directory = Path.Combine(root, "src", name);
        string[] arguments = CompilerArguments(Path.Combine(directory, $"P3Ebpf.{name}.csproj"));
        CSharpCommandLineArguments options = CSharpCommandLineParser.Default.Parse(arguments, directory, null);
        IEnumerable<SyntaxTree> trees = options.SourceFiles.Select(file =>
            CSharpSyntaxTree.ParseText(SourceText.From(File.ReadAllText(file.Path)), options.ParseOptions.WithDocumentationMode(DocumentationMode.None), file.Path));
        CSharpCompilation compilation = CSharpCompilation.Create(
            options.CompilationName,
            trees,
            options.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference, reference.Properties)),
            options.CompilationOptions.WithReportSuppressedDiagnostics(false).WithGeneralDiagnosticOption(ReportDiagnostic.Suppress).WithOptimizationLevel(OptimizationLevel.Release)
                .WithSpecificDiagnosticOptions([]));
        return Generated(compilation, options);
    }

    private static CSharpCompilation Generated(CSharpCompilation compilation, CSharpCommandLineArguments options)
    {
        var loader = new GeneratorLoader();
        IEnumerable<ISourceGenerator> generators = options.AnalyzerReferences
            .Where(reference => Path.GetFileName(reference.FilePath).StartsWith("Microsoft.Interop.", StringComparison.Ordinal))
            .SelectMany(reference => new AnalyzerFileReference(reference.FilePath, loader).GetGenerators(LanguageNames.CSharp));
        CSharpGeneratorDriver.Create(generators, parseOptions: options.ParseOptions).RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _);
        return (CSharpCompilation)generated;
    }

    private static string[] CompilerArguments(string project)
    {
        // The file that does not exist keeps the target from being up to date.
        string[] arguments =
        [
            "build", project, "-f", "net10.0", "-t:Compile", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-p:NonExistentFile=none/none",
            "-p:BuildProjectReferences=false", "-getItem:CscCommandLineArgs",
        ];
        using Process build = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"{project} does not build: {output}");
        using JsonDocument document = JsonDocument.Parse(output);
        return [.. document.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)];
    }

    private sealed class GeneratorLoader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
