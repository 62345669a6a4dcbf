using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace P3Ebpf.Bindings.Tests;

/// <summary>Compiles C# in memory, as a project on this framework and the libraries would be.</summary>
internal static class CSharpCompiler
{
    private static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is { } name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" || name.StartsWith("P3Ebpf.", StringComparison.Ordinal)))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    /// <summary>Compiles sources that must give no warning, documentation comments included, and loads the assembly.</summary>
    public static Assembly Compile(params IEnumerable<string> sources)
    {
        CSharpParseOptions parsing = new(LanguageVersion.CSharp12, DocumentationMode.Diagnose);
        CSharpCompilationOptions options = new(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, checkOverflow: true, nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Generated", sources.Select(source => CSharpSyntaxTree.ParseText(source, parsing)), References.Value, options);
        using var image = new MemoryStream();
        IEnumerable<Diagnostic> diagnostics = compilation.Emit(image).Diagnostics;

        // The test's own sources use the generated ones as a program would.
        diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Take(20).Should().BeEmpty();
        image.Position = 0;
        return new AssemblyLoadContext("Generated", isCollectible: true).LoadFromStream(image);
    }
}
