using System.Diagnostics;

namespace P3Ebpf.Btf.Tests.Print;

/// <summary>A C compiler judges the headers: they are well-formed, and every size and offset is what the BTF says.</summary>
public class BtfCCompilationTests
{
    [Theory]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64", "x86_64-linux-gnu", "bpf")]
    [InlineData("vmlinux-6.1.0-56-cloud-amd64", "x86_64-linux-gnu", "bpf")]
    [InlineData("vmlinux-6.12.117-amd64", "x86_64-linux-gnu", "bpf")]
    [InlineData("vmlinux-7.2.13-amd64", "x86_64-linux-gnu", "bpf")]
    [InlineData("vmlinux-7.2.13-cloud-arm64", "aarch64-linux-gnu", "bpf")]
    [InlineData("vmlinux-7.2.13-s390x", "s390x-linux-gnu", "bpfeb")]
    [InlineData("vmlinux-7.2.13-armhf", "armv7-linux-gnueabihf", "bpf")]
    public void Whole_kernels_compile_with_the_right_layout(string name, string machine, string bpf)
    {
        BtfSpec spec = CapturedBtf.Read(name);

        // Types of the machine's own sizes can only be checked there; the header itself is for BPF programs.
        Compile(machine, "-DBPF_NO_PRESERVE_ACCESS_INDEX", output =>
        {
            BtfCPrinter.Write(spec, output);
            BtfCAssertions.Write(spec, output);
        }).Should().BeEmpty();
        Compile(bpf, "-DP3", output => BtfCPrinter.Write(spec, output)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("mod-7.2.13-amd64.bridge", "vmlinux-7.2.13-amd64")]
    [InlineData("mod-6.12.117-amd64.nf_conntrack", "vmlinux-6.12.117-amd64")]
    public void Modules_compile_with_what_they_use_of_their_base(string name, string baseName)
    {
        BtfSpec spec = CapturedBtf.Read(name, baseName);

        Compile("x86_64-linux-gnu", "-DBPF_NO_PRESERVE_ACCESS_INDEX", output =>
        {
            BtfCPrinter.Write(spec, output);
            BtfCAssertions.Write(spec, output);
        }).Should().BeEmpty();
    }

    [Fact]
    public void Assertions_fail_where_the_layout_is_another()
    {
        var btf = new TinyBtf();
        _ = btf.Struct("s", 8, ("p", btf.Ptr(0), 0), ("q", btf.Array(btf.Int("char", 1), 0), 8));
        BtfSpec spec = btf.Build();

        Compile("armv7-linux-gnueabihf", "-DBPF_NO_PRESERVE_ACCESS_INDEX", output =>
        {
            BtfCPrinter.Write(spec, output);
            BtfCAssertions.Write(spec, output);
        }).Should().Contain("size of struct s").And.Contain("offset of q in struct s");
    }

    /// <returns>All that the compiler has to say.</returns>
    internal static string Compile(string target, string define, Action<Stream> write)
    {
        string? compiler = FindCompiler();
        Assert.SkipWhen(compiler is null, "There is no clang on the PATH.");
        var start = new ProcessStartInfo(compiler!, ["-x", "c", "-std=gnu17", "-target", target, define, "-fsyntax-only", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> complaints = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        write(process.StandardInput.BaseStream);
        process.StandardInput.Close();
        process.WaitForExit();
        string said = complaints.GetAwaiter().GetResult();
        return process.ExitCode == 0 || said.Length != 0 ? said : $"exit code {process.ExitCode}";
    }

    private static string? FindCompiler()
    {
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        return new[] { "clang-19", "clang" }.SelectMany(name => directories.Select(directory => Path.Combine(directory, name))).FirstOrDefault(File.Exists);
    }
}
