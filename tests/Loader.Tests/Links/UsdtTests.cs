namespace P3Ebpf.Loader.Tests;

/// <summary>Objects that were compiled with libbpf's usdt.bpf.h, and the probes of testdata/elf.</summary>
[KernelTests]
public sealed class UsdtTests
{
    private const string Object = "sections/usdt";

    [Theory]
    [InlineData("probes.pie")]
    [InlineData("probes.fixed")]
    public void A_probe_tells_its_arguments_at_each_of_its_sites(string program)
    {
        string path = Require(program);
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = Probed.Load(Object, "usdt"))
        {
            using (UsdtLink link = UsdtLink.Attach(loaded.Programs["usdt"], new BpfUsdt(path, "p3sample", "step")))
            {
                link.SiteCount.Should().BeGreaterThan(1);
                link.Program.Should().BeSameAs(loaded.Programs["usdt"]);
                // Twice work(3), whose loop passes each index with its number of the table, and once duplicate(40).
                Probed.Count(loaded, "hits_usdt", () => Probed.Run(path, arguments: 3)).Should().Be(7);
                loaded.Variables["step_values"].GetBytes().Chunk(8).Select(value => BitConverter.ToInt64(value)).Should().StartWith([3, 1, 4]).And.HaveElementAt(7, 40);
                loaded.Variables["step_sum"].Get<ulong>().Should().Be((2 * (3 + 1 + 4)) + 40);
            }

            Probed.Count(loaded, "hits_usdt", () => Probed.Run(path)).Should().Be(0);
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void A_semaphore_is_raised_while_somebody_listens()
    {
        string path = Require("probes.pie");
        using BpfObject loaded = Probed.Load(Object, "on_guarded");
        using (UsdtLink.Attach(loaded.Programs["on_guarded"], new BpfUsdt(path, "p3sample", "guarded"), new BpfProbeOptions { Cookie = 0x1234_5678_9abc }))
            _ = Probed.Run(path, arguments: 5);
        loaded.Variables["guarded_count"].Get<int>().Should().Be(4);
        loaded.Variables["guarded_cookie"].Get<ulong>().Should().Be(0x1234_5678_9abc);
        long[] values = [.. loaded.Variables["guarded"].GetBytes().Chunk(8).Select(value => BitConverter.ToInt64(value))];
        values[0].Should().Be(5);
        values[1].Should().NotBe(0);
        values[2].Should().Be(10);
        values[3].Should().Be(6);
    }

    [Fact]
    public void A_probe_of_a_library_is_watched_in_one_process()
    {
        _ = Require("libversions.so");
        using BpfObject loaded = Probed.Load(Object, "on_answered");
        _ = Probed.Answer(); // loads the library
        using (UsdtLink.Attach(loaded.Programs["on_answered"], new BpfUsdt(Probed.PathOf("libversions.so"), "p3library", "answered"), new BpfProbeOptions { ProcessId = Environment.ProcessId }))
            _ = Probed.Answer();
        loaded.Variables["constant_value"].Get<long>().Should().Be(42);
    }

    [Fact]
    public void Programs_of_one_object_share_its_maps_and_give_back_what_they_took()
    {
        string path = Require("probes.pie");
        using BpfObject loaded = Probed.Load(Object, "usdt", "on_guarded");
        for (int i = 0; i < 3; i++)
        {
            using (UsdtLink.Attach(loaded.Programs["usdt"], new BpfUsdt(path, "p3sample", "step")))
            using (UsdtLink.Attach(loaded.Programs["on_guarded"], new BpfUsdt(path, "p3sample", "guarded"), new BpfProbeOptions { Cookie = 7 }))
            {
                Probed.Count(loaded, "hits_usdt", () => Probed.Run(path, arguments: 2)).Should().Be(5);
                loaded.Variables["guarded_cookie"].Get<ulong>().Should().Be(7);
            }
        }
    }

    [Fact]
    public void Section_names_attach_by_themselves()
    {
        string path = Require("probes.pie");
        BpfObjectSpec spec = ObjectFile.Read(Object);
        spec.Programs["usdt"].IsAutoLoaded = true;
        spec.Programs["usdt"].AttachPoint = BpfAttachPoint.Parse($"usdt/{path}:p3sample:step");
        using BpfObject loaded = spec.Load();
        loaded.Attach();
        loaded.Links.Should().ContainSingle().Which.Should().BeOfType<UsdtLink>();
        Probed.Count(loaded, "hits_usdt", () => Probed.Run(path)).Should().Be(3);
    }

    [Fact]
    public void Who_misses_a_probe_is_told_what_there_is()
    {
        string path = Require("probes.pie");
        using BpfObject loaded = Probed.Load(Object, "usdt");
        using BpfObject other = Probed.Load("sections/sections", "uprobe");
        BpfProgram program = loaded.Programs["usdt"];
        string[] before = OpenDescriptors.OfTheKernel;
        program.Invoking(p => UsdtLink.Attach(p, new BpfUsdt(path, "p3sample", "stepp"))).Should().Throw<BpfException>().WithText("*similar: p3sample:step*");
        program.Invoking(p => UsdtLink.Attach(p, new BpfUsdt("/bin/true", "p3sample", "step"))).Should().Throw<BpfException>().WithText("*without static probes*");
        other.Programs["uprobe"].Invoking(p => UsdtLink.Attach(p, new BpfUsdt(path, "p3sample", "step"))).Should().Throw<BpfException>().WithText("*usdt.bpf.h*");
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    private static string Require(string program)
    {
        Probed.RequireUprobes();
        // Without cookies the program finds its arguments by address, which only programs at fixed addresses have for all processes.
        if (program is not ("probes.fixed" or "libversions.so"))
            Requires.Kernel("5.15", "cookies, without which probes of programs that lie anywhere are told apart by process only");
        return Probed.PathOf(program);
    }
}
