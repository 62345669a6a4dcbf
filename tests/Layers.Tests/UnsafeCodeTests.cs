using System.Text.RegularExpressions;

namespace P3Ebpf.Layers.Tests;

/// <summary>What reads untrusted bytes does so through spans; docs/performance.md tells why the exceptions are sound.</summary>
public sealed partial class UnsafeCodeTests
{
    private static readonly string[] Exceptions = ["Btf/Memory/BtfBlock.cs", "Btf/Memory/KernelBtfPages.cs", "Object/Layout/ManagedType.cs"];

    [Theory]
    [InlineData("Btf")]
    [InlineData("Elf")]
    [InlineData("CoRe")]
    [InlineData("Object")]
    [InlineData("Linker")]
    [InlineData("Bindings")]
    public void Parsers_have_unsafe_code_in_the_files_that_are_named_for_it_alone(string folder)
    {
        string sources = TestData.PathOf("src");

        string[] found =
        [
            .. Directory.EnumerateFiles(Path.Combine(sources, folder), "*.cs", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(sources, file).Replace('\\', '/'))
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && Unsafe().IsMatch(File.ReadAllText(Path.Combine(sources, file)))),
        ];

        found.Should().BeSubsetOf(Exceptions);
    }

    [GeneratedRegex(@"\bunsafe\b[^""]|\bUnsafe\.(?!SizeOf\b)|DangerousGet|MemoryMarshal\.(GetReference|CreateSpan|CreateReadOnlySpan)\b")]
    private static partial Regex Unsafe();
}
