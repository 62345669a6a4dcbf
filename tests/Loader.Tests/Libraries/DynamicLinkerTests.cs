using System.Diagnostics;

namespace P3Ebpf.Loader.Tests;

/// <summary>The search for libraries, held against the dynamic linker itself.</summary>
public sealed class DynamicLinkerTests
{
    private const string Linker = "/lib64/ld-linux-x86-64.so.2";
    private const int Programs = 60;

    [Fact]
    public void Finds_what_the_machines_own_linker_finds()
    {
        Assert.SkipUnless(File.Exists(Linker), $"{Linker} is not there: no glibc, or another processor.");
        var files = new FileTree("/");
        var environment = new LinkerEnvironment("you", Environment.GetEnvironmentVariable("LD_LIBRARY_PATH"), Environment.GetEnvironmentVariable("LD_PRELOAD"), Environment.CurrentDirectory);
        int compared = 0;
        foreach (string program in Directory.GetFiles("/usr/bin").Order(StringComparer.Ordinal))
        {
            if (compared == Programs || DynamicLinker.Link(files, environment, program) is not { Count: > 2 } linked || linked[0].Interpreter != Linker)
                continue;
            string[] found = [.. linked.Skip(1).Where(o => !o.Name.StartsWith("ld-linux", StringComparison.Ordinal)).Select(o => $"{o.Name} => {Plain(o.Path ?? "not found")}")];
            found.Should().BeEquivalentTo(AskLinker(linked[0].Path!), "ld.so loads these for {0}", program);
            compared++;
        }

        compared.Should().BePositive();
    }

    [Fact]
    public void The_cache_is_read_as_ldconfig_prints_it()
    {
        if (LinkerCache.Read(new FileTree("/")) is not { } cache)
        {
            Assert.Skip($"This machine has no {LinkerCache.Path}.");
            return;
        }

        string[] printed = [.. Run("/sbin/ldconfig", "-p").Where(line => line.Contains(" => ", StringComparison.Ordinal))];
        printed.Should().NotBeEmpty();
        cache.Names.SelectMany(name => cache.Find(name).Select(entry => $"{name} => {entry.Path}"))
            .Should().BeEquivalentTo(printed.Select(line => $"{line.Trim().Split(' ')[0]} => {line.Split(" => ")[1]}"));
    }

    [Fact]
    public void A_library_for_the_processor_comes_before_the_plain_one_in_directories_and_in_the_cache()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        machine.Add("/proc/cpuinfo", "flags\t\t: cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave\n");
        machine.Add("/bin/a", new TinyElf { Interpreter = Linker, Needed = ["libx.so", "liby.so"], RunPath = "/x" });
        foreach (string path in new[] { "/x/libx.so", "/x/glibc-hwcaps/x86-64-v2/libx.so", "/x/glibc-hwcaps/x86-64-v4/libx.so", "/y/liby.so", "/y/v3/liby.so", "/y/v4/liby.so" })
            machine.Add(path, new TinyElf());
        machine.Add("/etc/ld.so.cache", CacheFile.Build(false, ("liby.so", "/y/v4/liby.so", "x86-64-v4"), ("liby.so", "/y/v3/liby.so", "x86-64-v3"), ("liby.so", "/y/liby.so", null)));

        Paths(machine, "/bin/a").Should().Equal("/bin/a", "/x/glibc-hwcaps/x86-64-v2/libx.so", "/y/v3/liby.so");
    }

    [Fact]
    public void Libraries_of_another_architecture_are_passed_over()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        machine.Add("/bin/a", new TinyElf { Interpreter = Linker, Needed = ["libx.so"], RunPath = "/arm:/x" });
        machine.Add("/arm/libx.so", new TinyElf { Machine = 183 });
        machine.Add("/x/libx.so", new TinyElf());

        Paths(machine, "/bin/a").Should().Equal("/bin/a", "/x/libx.so");
    }

    [Fact]
    public void RUNPATH_does_not_count_for_what_the_libraries_need_and_RPATH_does()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        machine.Add("/x/libx.so", new TinyElf { Needed = ["liby.so"] });
        machine.Add("/x/liby.so", new TinyElf());
        machine.Add("/bin/run", new TinyElf { Interpreter = Linker, Needed = ["libx.so"], RunPath = "/x" });
        machine.Add("/bin/r", new TinyElf { Interpreter = Linker, Needed = ["libx.so"], RPath = "/x" });

        Paths(machine, "/bin/run").Should().Equal("/bin/run", "/x/libx.so", null);
        Paths(machine, "/bin/r").Should().Equal("/bin/r", "/x/libx.so", "/x/liby.so");
    }

    [Fact]
    public void Musl_searches_the_environment_first_and_then_the_run_paths_of_the_whole_chain()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        const string Musl = "/lib/ld-musl-x86_64.so.1";
        machine.Add("/bin/a", new TinyElf { Interpreter = Musl, Needed = ["libx.so", "libz.so"], RunPath = "/x" });
        machine.Add("/x/libx.so", new TinyElf { Needed = ["liby.so"] });
        machine.Add("/x/liby.so", new TinyElf());
        machine.Add("/etc/ld-musl-x86_64.path", "/nowhere\n/z\n");
        machine.Add("/z/libz.so", new TinyElf());

        Paths(machine, "/bin/a").Should().Equal("/bin/a", "/x/libx.so", "/z/libz.so", "/x/liby.so");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(60)]
    [InlineData(100)]
    public void A_damaged_cache_yields_no_more_than_it_has(int length)
    {
        byte[] cache = CacheFile.Build(false, ("a.so", "/a.so", null), ("b.so", "/b.so", "x86-64-v3"));
        Action parse = () => LinkerCache.Parse(cache[..Math.Min(length, cache.Length)]);
        parse.Should().NotThrow();
        cache.AsSpan(20, 28).Fill(0xFF);
        parse.Should().NotThrow();
    }

    private static string?[] Paths(PlantedMachine machine, string program) =>
        [.. DynamicLinker.Link(new FileTree(machine.Root), new LinkerEnvironment("you"), program)!.Select(o => o.Path)];

    /// <summary>"libx.so.1 => /lib/libx.so.1 (0x…)" for each library; the linker itself and the kernel's vdso are left out.</summary>
    private static string[] AskLinker(string program) =>
        [.. Run(Linker, "--list", program).Where(line => line.Contains(" => ", StringComparison.Ordinal) && !line.Contains("ld-linux", StringComparison.Ordinal)).Select(line => line.Trim().Split(" (0x")[0].Split(" => ")).Select(parts => $"{parts[0]} => {Plain(parts[1])}")];

    private static string Plain(string path) => path.StartsWith('/') ? Path.GetFullPath(path) : path;

    private static string[] Run(string program, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(program), $"{program} is not there.");
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n');
    }
}
