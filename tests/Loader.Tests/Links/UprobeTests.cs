namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class UprobeTests
{
    [Theory]
    [InlineData("probes.pie", BpfProbeMode.Automatic)]
    [InlineData("probes.fixed", BpfProbeMode.Automatic)]
    [InlineData("probes.minidebug", BpfProbeMode.Automatic)]
    [InlineData("probes.pie", BpfProbeMode.Perf)]
    [InlineData("probes.pie", BpfProbeMode.Legacy)]
    public void A_function_of_a_program_is_probed_at_entry_and_return(string program, BpfProbeMode mode)
    {
        Probed.RequireUprobes();
        string path = Probed.PathOf(program);
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = Probed.Load("sections/sections", "uprobe", "uretprobe"))
        {
            var options = new BpfProbeOptions { Mode = mode };
            using (UprobeLink link = UprobeLink.Attach(loaded.Programs["uprobe"], new BpfUprobe(path, "work", 0, AtReturn: false), options))
            using (UprobeLink.Attach(loaded.Programs["uretprobe"], new BpfUprobe(path, "work", 0, AtReturn: true), options))
            {
                link.Program.Should().BeSameAs(loaded.Programs["uprobe"]);
                Probed.Count(loaded, "hits_uprobe", () => Probed.Run(path)).Should().Be(2);
                loaded.Variables["hits_uretprobe"].Get<ulong>().Should().Be(2);
            }

            Probed.Count(loaded, "hits_uprobe", () => Probed.Run(path)).Should().Be(0, "the links are gone");
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
        using TraceFs traceFs = TraceFs.Open();
        traceFs.ReadLines("uprobe_events").Should().NotContain(line => line.Contains($"p3_{Environment.ProcessId}_"));
    }

    [Fact]
    public void A_probe_may_be_inside_a_function_and_watch_one_process_only()
    {
        Probed.RequireUprobes();
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe");
        BpfProgram program = loaded.Programs["uprobe"];
        string library = Probed.PathOf("libversions.so");
        _ = Probed.Twice(1); // loads the library
        using (UprobeLink.Attach(program, new BpfUprobe(library, "twice", 0, AtReturn: false), new BpfProbeOptions { ProcessId = Environment.ProcessId }))
            Probed.Count(loaded, "hits_uprobe", () => _ = Probed.Twice(2)).Should().Be(1);

        ulong offset;
        using (ElfFile elf = ElfFile.Open(Probed.Pie))
            elf.TryFindFunctionOffset("work", out offset).Should().BeTrue();
        using (UprobeLink.Attach(program, new BpfUprobe(Probed.Pie, "", offset, AtReturn: false), new BpfProbeOptions { ProcessId = Environment.ProcessId }))
            Probed.Count(loaded, "hits_uprobe", () => Probed.Run(Probed.Pie)).Should().Be(0, "another process calls it");
        using (UprobeLink.Attach(program, new BpfUprobe(Probed.Pie, "", offset, AtReturn: false)))
            Probed.Count(loaded, "hits_uprobe", () => Probed.Run(Probed.Pie)).Should().Be(2);
        program.Invoking(p => UprobeLink.Attach(p, new BpfUprobe(Probed.Pie, "work", 0, AtReturn: false), new BpfProbeOptions { ProcessId = int.MaxValue }))
            .Should().Throw<BpfException>().WithText("*no process 2147483647*");
    }

    [Fact]
    public void A_version_tells_functions_of_one_name_apart()
    {
        Probed.RequireUprobes();
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe");
        BpfProgram program = loaded.Programs["uprobe"];
        string library = Probed.PathOf("libversions.so");
        using (UprobeLink.Attach(program, new BpfUprobe(library, "answer@P3_1.0", 0, AtReturn: false)))
            Probed.Count(loaded, "hits_uprobe", () => _ = Probed.Answer()).Should().Be(0, "programs get the default version");
        using (UprobeLink.Attach(program, new BpfUprobe(library, "answer@@P3_2.0", 0, AtReturn: false)))
            Probed.Count(loaded, "hits_uprobe", () => _ = Probed.Answer()).Should().Be(1);
    }

    [Fact]
    public void A_library_is_found_as_the_dynamic_linker_finds_it_and_a_program_on_the_path()
    {
        Probed.RequireUprobes();
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe");
        BpfProgram program = loaded.Programs["uprobe"];
        string libc = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).First(path => path.Contains("/libc.so", StringComparison.Ordinal));
        using (UprobeLink.Attach(program, new BpfUprobe("libc.so.6", "getppid", 0, AtReturn: false)))
            Kernel.Running.Files.Resolve(BinarySearch.Find(Kernel.Running.Files, "libc.so.6", "test")).Should().Be(Kernel.Running.Files.Resolve(libc));
        BinarySearch.Find(Kernel.Running.Files, "sh", "test").Should().EndWith("/sh");
        program.Invoking(p => UprobeLink.Attach(p, new BpfUprobe("libc.so.66", "malloc", 0, AtReturn: false))).Should().Throw<BpfException>().WithText("*similar: *libc.so.6*");
        program.Invoking(p => UprobeLink.Attach(p, new BpfUprobe("no-such-program", "main", 0, AtReturn: false))).Should().Throw<BpfException>().WithText("*PATH*");
        program.Invoking(p => UprobeLink.Attach(p, new BpfUprobe("/no/such/file", "main", 0, AtReturn: false))).Should().Throw<BpfException>().WithText("*/no/such/file*");
    }

    [Theory]
    [InlineData("probes.pie", "indxed", "*no function 'indxed'*similar: *indexed*")]
    [InlineData("probes.pie", "puts", "*only calls puts; it is defined in libc.so.6*libc.so.6:puts*")]
    [InlineData("probes.pie", "total", "*data*")]
    [InlineData("probes.pie", "chosen", "*IFUNC*")]
    [InlineData("probes.pie", "duplicate", "*Several functions*")]
    [InlineData("libversions.so", "answer", "*answer@P3_1.0*answer@@P3_2.0*")]
    [InlineData("libversions.so", "answer@P3_9.0", "*other versions*")]
    [InlineData("probes.c", "main", "*no program or library*")]
    public void Who_misses_a_function_is_told_why(string file, string function, string words)
    {
        Probed.RequireUprobes();
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe");
        string[] before = OpenDescriptors.OfTheKernel;
        loaded.Programs["uprobe"].Invoking(p => UprobeLink.Attach(p, new BpfUprobe(Probed.PathOf(file), function, 0, AtReturn: false)))
            .Should().Throw<BpfException>().WithText(words);
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Many_functions_of_a_program_are_probed_through_one_link()
    {
        Probed.RequireUprobes();
        Requires.Kernel("6.6", "uprobe.multi");
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe_multi", "uretprobe_multi");
        using (UprobeMultiLink link = UprobeMultiLink.Attach(loaded.Programs["uprobe_multi"], new BpfUprobeMulti(Probed.Pie, "*work*", AtReturn: false, IsSession: false)))
        {
            link.PlaceCount.Should().Be(1, "work and work_alias are one function");
            Probed.Count(loaded, "hits_uprobe_multi", () => Probed.Run(Probed.Pie)).Should().Be(2);
        }

        using (UprobeMultiLink.Attach(loaded.Programs["uretprobe_multi"], Probed.Pie, ["work", "indexed"], new BpfMultiProbeOptions { AtReturn = true, Cookies = [1, 2] }))
            Probed.Count(loaded, "hits_uretprobe_multi", () => Probed.Run(Probed.Pie)).Should().Be(3);
        loaded.Programs["uprobe_multi"].Invoking(p => UprobeMultiLink.Attach(p, new BpfUprobeMulti(Probed.Pie, "zz*", AtReturn: false, IsSession: false)))
            .Should().Throw<BpfException>().WithText("*matches zz*");
    }

    [Fact]
    public void A_session_sees_entry_and_return()
    {
        Probed.RequireUprobes();
        Requires.Kernel("6.13", "uprobe sessions");
        using BpfObject loaded = Probed.Load("sections/sections", "uprobe_session");
        using (UprobeMultiLink.Attach(loaded.Programs["uprobe_session"], new BpfUprobeMulti(Probed.Pie, "work", AtReturn: false, IsSession: true)))
            Probed.Count(loaded, "hits_uprobe_session", () => Probed.Run(Probed.Pie)).Should().Be(4);
    }
}
