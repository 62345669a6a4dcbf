using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using P3Ebpf.Bindings;

namespace P3Ebpf.Build;

/// <summary>Generates C# for the objects of a project, which the build hands over as <see cref="ObjectText"/>.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class BpfGenerator : IIncrementalGenerator
{
    /// <summary>The object cannot be read, or cannot be C#.</summary>
    private static readonly DiagnosticDescriptor Unreadable = new(
        "PEBPF020", "BPF object without bindings", "{0}", "P3Ebpf", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // Text is equal where its content is, so that an object that did not change costs nothing.
        IncrementalValuesProvider<Result> results = context.AdditionalTextsProvider
            .Where(file => file.Path.EndsWith(ObjectText.Extension, StringComparison.Ordinal))
            .Select((file, cancellationToken) => Generate(file.Path, file.GetText(cancellationToken)?.ToString() ?? string.Empty));
        context.RegisterSourceOutput(results, (output, result) =>
        {
            if (result.Code is { } code)
                output.AddSource(result.Name, SourceText.From(code, System.Text.Encoding.UTF8));
            else
                output.ReportDiagnostic(Diagnostic.Create(Unreadable, Location.None, result.Error));
        });
    }

    private static Result Generate(string path, string content)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        try
        {
            var text = ObjectText.Parse(content);
            var options = new BpfBindingsOptions { Namespace = text.Namespace, ClassName = text.ClassName, FileName = text.FileName };
            string?[] parts = [text.Namespace, text.ClassName, name, "g.cs"];
            return new Result(string.Join(".", parts.Where(part => !string.IsNullOrEmpty(part))), BpfBindings.Generate(BpfObjectSpec.Parse(text.Image, text.FileName), text.Image, options), null);
        }
        catch (Exception e) when (e is EbpfException or FormatException)
        {
            return new Result(name, null, e is EbpfException { Hint: { } hint } ? $"{name}: {e.Message} {hint}" : $"{name}: {e.Message}");
        }
    }

    private sealed record Result(string Name, string? Code, string? Error);
}
