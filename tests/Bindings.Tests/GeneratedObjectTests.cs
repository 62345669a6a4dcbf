using System.Reflection;
using System.Text.RegularExpressions;

namespace P3Ebpf.Bindings.Tests;

/// <summary>The C# of whole objects: what it says, that it compiles without a warning, and that it runs.</summary>
public partial class GeneratedObjectTests
{
    public static TheoryData<string> Objects { get; } = new(
        Directory.EnumerateFiles(TestData.PathOf("testdata/bpf"), "*.bpf.o").Select(path => "testdata/bpf/" + Path.GetFileName(path))
            .Where(path => !path.EndsWith("/no_btf.bpf.o", StringComparison.Ordinal)).Append("bpf/sched_lottery.bpf.o").Append("bpf/set_tickets.bpf.o")
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Objects))]
    public void It_compiles_without_a_warning_and_holds_the_object(string path)
    {
        Assembly assembly = CSharpCompiler.Compile(
            Generate(path, "Space"), "#pragma warning disable CS1591\nnamespace Space { public partial class Subject { public static System.ReadOnlySpan<byte> Bytes => Image; public static Subject Opened_() => Open(); } }");

        Type subject = assembly.GetType("Space.Subject")!;
        subject.GetProperty("Bytes", BindingFlags.Public | BindingFlags.Static)!.GetMethod!.CreateDelegate<BytesOf>()().SequenceEqual(File.ReadAllBytes(TestData.PathOf(path))).Should().BeTrue();
        using var opened = (IDisposable)subject.GetMethod("Opened_")!.Invoke(null, null)!;
        ((BpfObjectSpec)subject.GetProperty("Spec")!.GetValue(opened)!).Programs.Should().HaveSameCount(BpfObjectSpec.Read(TestData.PathOf(path)).Programs);
    }

    /// <summary>Run with P3EBPF_ACCEPT=1, it takes what is generated now for right; look at the difference then.</summary>
    [Theory]
    [InlineData("bpf/sched_lottery.bpf.o")]
    [InlineData("testdata/bpf/globals.bpf.o")]
    [InlineData("testdata/bpf/dummy_ops.bpf.o")]
    [InlineData("testdata/bpf/bindings.bpf.o")]
    public void It_is_the_text_that_was_looked_at(string path)
    {
        string golden = TestData.PathOf($"tests/Bindings.Tests/Golden/{Path.GetFileNameWithoutExtension(path)}.cs.txt");
        string text = ImageLines().Replace(Generate(path, "Space"), "        …\n");
        if (Environment.GetEnvironmentVariable("P3EBPF_ACCEPT") == "1")
            File.WriteAllText(golden, text);

        text.Should().Be(File.ReadAllText(golden));
        Generate(path, "Space").Should().Be(Generate(path, "Space"));
    }

    private static string Generate(string path, string space)
    {
        string full = TestData.PathOf(path);
        return BpfBindings.Generate(
            BpfObjectSpec.Read(full), File.ReadAllBytes(full), new BpfBindingsOptions { Namespace = space, ClassName = "Subject", FileName = Path.GetFileName(path) });
    }

    private delegate ReadOnlySpan<byte> BytesOf();

    [GeneratedRegex("(        [0-9,]+\n)+")]
    private static partial Regex ImageLines();
}
