using System.Text;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class StructOpsTests : IClassFixture<CongestionTurn>
{
    /// <summary>The congestion controls of congestion.bpf.c, of which only those named are created.</summary>
    private static BpfObjectSpec Controls(params string[] maps)
    {
        BpfObjectSpec spec = ObjectFile.Read("congestion");
        if (maps.Any(map => spec.Maps[map].Flags != BpfMapFlags.None))
            Requires.Kernel("6.4", "links of struct_ops");
        else
            Requires.Kernel("5.6", "struct_ops");
        foreach (BpfMapSpec map in spec.Maps.Where(map => map.StructOps is not null))
            map.IsAutoCreated = maps.Contains(map.Name);
        return spec;
    }

    private static T Value<T>(BpfObject loaded, string variable)
        where T : unmanaged => loaded.Variables[variable].Get<T>();

    [Fact]
    public void A_congestion_control_is_called_while_its_link_lasts()
    {
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = Controls("linked").Load())
        {
            Congestion.Available.Should().NotContain("p3_linked");
            loaded.Attach();
            Congestion.Available.Should().Contain("p3_linked");
            Congestion.Transfer("p3_linked");
            Value<ulong>(loaded, "opened").Should().Be(1);
            Value<ulong>(loaded, "closed").Should().Be(1);
            Value<ulong>(loaded, "acknowledged").Should().BeGreaterThan(0);
            StructOpsLink link = loaded.Links.Should().ContainSingle().Which.Should().BeOfType<StructOpsLink>().Subject;
            link.IsKernelLink.Should().BeTrue();
            link.GetInfo().Type.Should().Be(BpfLinkType.StructOps);
        }

        Congestion.Available.Should().NotContain("p3_linked");
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void A_map_without_link_is_registered_once_and_until_it_is_detached()
    {
        using BpfObject loaded = Controls("registered").Load();
        using (StructOpsLink link = StructOpsLink.Attach(loaded.Maps["registered"]))
        {
            link.IsKernelLink.Should().BeFalse();
            Congestion.Available.Should().Contain("p3_registered");
            Congestion.Transfer("p3_registered");
            Value<ulong>(loaded, "opened").Should().Be(1);
            FluentActions.Invoking(() => StructOpsLink.Attach(loaded.Maps["registered"])).Should().Throw<BpfException>()
                .Where(e => e.Error == Errno.EBUSY && e.Hint!.Contains("registered once"));
            link.Invoking(l => l.Update(loaded.Maps["registered"])).Should().Throw<InvalidOperationException>().WithMessage("*registered without the flag Link*");
            link.Invoking(l => l.Pin("/sys/fs/bpf/p3_registered")).Should().Throw<BpfException>();
            link.Detach();
            Congestion.Available.Should().NotContain("p3_registered");
            link.Invoking(l => l.Detach()).Should().NotThrow();
        }

        using (BpfObject again = Controls("registered").Load())
        {
            again.Attach();
            Congestion.Available.Should().Contain("p3_registered");
        }

        Congestion.Available.Should().NotContain("p3_registered", "disposing the object detaches");
    }

    [Fact]
    public void Another_map_takes_the_place_of_the_one_in_force()
    {
        using BpfObject loaded = Controls("linked", "other").Load();
        using StructOpsLink link = StructOpsLink.Attach(loaded.Maps["linked"]);
        link.Update(loaded.Maps["other"]);
        Congestion.Transfer("p3_linked");
        Value<ulong>(loaded, "opened").Should().Be(0);
        Value<ulong>(loaded, "opened_by_other").Should().Be(1);
        using BpfObject unlike = Controls("registered").Load();
        link.Invoking(l => l.Update(unlike.Maps["registered"])).Should().Throw<ArgumentException>().WithMessage("*'registered'*without the flag Link*");
        Congestion.Available.Should().NotContain("p3_registered");
    }

    [Fact]
    public void A_program_is_associated_with_a_map_or_the_needed_kernel_is_named()
    {
        using BpfObject loaded = Controls("linked").Load();
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.SocketFilter);
        if (KernelVersion.Current < new Version(7, 0))
        {
            program.Invoking(p => p.Associate(loaded.Maps["linked"])).Should().Throw<BpfException>().WithText("*needs Linux 7.0*");
            return;
        }

        program.Associate(loaded.Maps["linked"]);
        loaded.Programs[0].Invoking(p => p.Associate(loaded.Maps["linked"])).Should().Throw<BpfException>();
        program.Invoking(p => p.Associate(loaded.Maps[".bss"])).Should().Throw<BpfException>().Where(e => e.ErrnoName == "EINVAL");
    }

    [Fact]
    public void A_pinned_link_outlives_the_object_and_takes_the_map_of_the_next()
    {
        using var pins = new PrivateBpfFs();
        using (BpfObject loaded = Controls("linked").Load())
        {
            loaded.Attach();
            loaded.Links[0].Pin(pins["congestion"]);
        }

        Congestion.Available.Should().Contain("p3_linked");
        using (BpfObject next = Controls("other").Load())
        {
            using StructOpsLink link = StructOpsLink.FromPin(pins["congestion"]);
            link.Update(next.Maps["other"]);
            Congestion.Transfer("p3_linked");
            Value<ulong>(next, "opened_by_other").Should().Be(1);
            link.Unpin();
        }

        Congestion.Available.Should().NotContain("p3_linked");
    }

    [Fact]
    public void A_plan_pins_the_link_of_a_map_with_the_rest()
    {
        BpfObjectSpec spec = Controls("linked");
        using (var pins = new PrivateBpfFs())
        {
            var plan = BpfPinPlan.InDirectory(spec, pins["all"]);
            plan.Paths.Should().Contain([pins["all/linked"], pins["all/linked_link"], pins["all/undo"]]).And.NotContain(pins["all/other"]);
            using (BpfPinScope scope = BpfFs.Prepare(plan.Paths))
            using (BpfObject loaded = spec.Load())
            {
                loaded.Attach();
                loaded.LinkOf(loaded.Programs["undo"]).Should().BeSameAs(loaded.LinkOf(loaded.Maps["linked"])).And.NotBeNull();
                plan.Apply(scope, loaded);
                scope.Complete();
            }

            Congestion.Available.Should().Contain("p3_linked");
        }

        Congestion.Available.Should().NotContain("p3_linked", "the pins are gone with their file system");
    }

    [Fact]
    public void A_map_of_callbacks_that_exists_already_stays_its_owners()
    {
        using BpfObject owner = Controls("linked").Load();
        owner.Attach();
        using (BpfObject guest = Controls("linked").Load(new BpfLoadOptions { MapReplacements = new Dictionary<string, BpfMap> { ["linked"] = owner.Maps["linked"] } }))
        {
            guest.Attach();
            guest.Links.Should().BeEmpty();
        }

        Congestion.Available.Should().Contain("p3_linked");
    }

    [Fact]
    public void All_are_attached_or_none()
    {
        BpfObjectSpec spec = Controls("linked", "other", "registered");
        using (BpfObject loaded = spec.Load())
        {
            loaded.Invoking(o => o.Attach()).Should().Throw<BpfException>().Where(e => e.Error == Errno.EEXIST && e.Hint!.Contains("has this name"));
            loaded.Links.Should().BeEmpty();
            Congestion.Available.Should().NotContain(["p3_linked", "p3_registered"]);
        }

        spec.Maps["other"].IsAutoAttached = false;
        using (BpfObject loaded = spec.Load())
        {
            loaded.Attach();
            loaded.Links.Should().HaveCount(2);
            Congestion.Available.Should().Contain(["p3_linked", "p3_registered"]);
        }

        Congestion.Available.Should().NotContain(["p3_linked", "p3_registered"]);
    }

    [Fact]
    public void Programs_come_with_the_maps_that_use_them()
    {
        using (BpfObject loaded = Controls("linked").Load())
            loaded.Programs.Select(p => p.Name).Should().BeEquivalentTo("count_init", "count_release", "threshold", "undo", "count_acknowledged");
        using (BpfObject loaded = Controls("optional").Load())
            loaded.Programs.Select(p => p.Name).Should().BeEquivalentTo("threshold", "undo", "ignore_acknowledged");
    }

    [Fact]
    public void What_is_changed_before_loading_holds()
    {
        BpfObjectSpec spec = Controls("linked");
        BpfStructOpsSpec control = spec.Maps["linked"].StructOps!;
        Encoding.ASCII.GetBytes("p3_edited").CopyTo(control.BytesOf("name"));
        control.SetProgram("cong_avoid", spec.Programs["ignore_acknowledged"]);
        control.SetProgram("release", null);
        control.SetProgram("init", spec.Programs["count_other_init"]);
        using BpfObject loaded = spec.Load();
        loaded.Programs.Select(p => p.Name).Should().BeEquivalentTo("count_other_init", "threshold", "undo", "ignore_acknowledged");
        loaded.Attach();
        Congestion.Available.Should().Contain("p3_edited").And.NotContain("p3_linked");
        Congestion.Transfer("p3_edited");
        Value<ulong>(loaded, "acknowledged").Should().Be(0);
        Value<ulong>(loaded, "opened_by_other").Should().Be(1);
        Value<ulong>(loaded, "closed").Should().Be(0);
    }

    [Fact]
    public void Members_that_the_kernel_lacks_must_be_zero()
    {
        BpfObjectSpec spec = Controls("later");
        BpfStructOpsSpec later = spec.Maps["later"].StructOps!;
        spec.Invoking(s => s.Load()).Should().Throw<BpfException>()
            .Where(e => e.Kind == BpfFailureKind.NotSupported && e.Hint!.Contains("no member 'no_such_callback'") && e.Hint!.Contains("program 'never'"));

        later.SetProgram("no_such_callback", null);
        using (BpfObject loaded = spec.Load())
        {
            loaded.Programs.TryGet("never", out _).Should().BeFalse();
            loaded.Attach();
            Congestion.Transfer("p3_later");
            Value<ulong>(loaded, "acknowledged").Should().BeGreaterThan(0);
        }

        later.Set("no_such_number", 1UL);
        spec.Invoking(s => s.Load()).Should().Throw<BpfException>().WithText("*no member 'no_such_number'*");
    }

    [Theory]
    [InlineData("wide", "'name' has 32 bytes here and 16 in the kernel")]
    [InlineData("number", "'ssthresh' is of kind Int here and Ptr in the kernel")]
    [InlineData("bits", "'flags' is a bitfield")]
    [InlineData("pointer", "'owner' is a pointer that is not zero")]
    [InlineData("nested", "anonymous member is not zero")]
    [InlineData("no_list", "'list' is of kind Ptr here and Struct in the kernel")]
    [InlineData("twice", "give each a program of its own")]
    [InlineData("unknown", "no struct_ops type 'no_such_ops'")]
    [InlineData("unknown_too", "no struct_ops type 'no_such_ops'")]
    public void What_does_not_fit_is_named(string map, string problem)
    {
        Requires.Kernel("5.6", "struct_ops");
        string[] before = OpenDescriptors.OfTheKernel;
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        spec.Maps[map].IsAutoCreated = true;
        spec.Invoking(s => s.Load()).Should().Throw<BpfException>().WithText($"*'{map}'*{problem}*");
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Theory]
    [InlineData("bits")]
    [InlineData("pointer")]
    [InlineData("nested")]
    public void What_no_kernel_would_help_with_is_not_said_to_be_the_kernels_lack(string map)
    {
        Requires.Kernel("5.6", "struct_ops");
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        spec.Maps[map].IsAutoCreated = true;
        spec.Invoking(s => s.Load()).Should().Throw<BpfException>().Which.Kind.Should().Be(BpfFailureKind.Failed);
    }

    [Fact]
    public void The_kernel_says_what_a_struct_lacks_and_what_it_cannot_do()
    {
        Requires.Kernel("6.4", "links of struct_ops");
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        spec.Maps["incomplete"].IsAutoCreated = true;
        FluentActions.Invoking(() =>
        {
            using BpfObject loaded = spec.Load();
            loaded.Attach();
        }).Should().Throw<BpfException>().Where(e => e.Error == Errno.EINVAL && e.Hint!.Contains("undo_cwnd"));

        spec = ObjectFile.Read("unfit_ops");
        spec.Programs["unused"].IsAutoLoaded = true;
        spec.Invoking(s => s.Load()).Should().Throw<BpfException>().WithText("*'unused'*no struct_ops map has it as a callback*");
    }

    [Fact]
    public unsafe void Programs_can_be_test_run_where_the_kernel_has_a_struct_for_it()
    {
        Requires.Kernel("6.6", "a sleepable callback of bpf_dummy_ops");
        using BpfObject loaded = ObjectFile.Read("dummy_ops").Load();
        int state = 0;
        loaded.Programs["add"].TestRun(context: TestProgram.Bytes((ulong)&state, 1UL, 20UL, 3UL, 400UL)).ReturnValue.Should().Be(421);
        loaded.Invoking(o => o.Attach()).Should().Throw<BpfException>().Where(e => e.Kind == BpfFailureKind.NotSupported && e.Hint!.Contains("test-run"));
    }

    [Fact]
    public void A_module_may_have_the_struct()
    {
        const string Answer = "/sys/module/p3_ops/parameters/answer";
        Requires.Kernel("6.9", "struct_ops of modules");
        Requires.Path("/sys/kernel/btf/p3_ops", "The module of testdata/module is not loaded.");
        BpfObjectSpec spec = ObjectFile.Read("module_ops");
        using (BpfObject loaded = spec.Load())
        {
            loaded.Attach();
            File.ReadAllText(Answer).Trim().Should().Be("42");
            Value<int>(loaded, "asked").Should().Be(21);
        }

        File.ReadAllText(Answer).Trim().Should().Be("0");
        spec.Maps["linked"].IsAutoCreated = false;
        spec.Maps["registered"].IsAutoCreated = true;
        using (BpfObject loaded = spec.Load())
        {
            loaded.Attach();
            File.ReadAllText(Answer).Trim().Should().Be("8");
        }

        File.ReadAllText(Answer).Trim().Should().Be("0");
    }

    [Fact]
    public void A_scheduler_schedules_or_the_kernel_lacks_it_by_name()
    {
        Requires.Kernel("6.4", "links of struct_ops");
        BpfObjectSpec spec = ObjectFile.Read("sched_ext");
        if (!Kernel.Running.TryFindType("sched_ext_ops", BtfKind.Struct, out _))
        {
            spec.Invoking(s => s.Load()).Should().Throw<BpfException>()
                .Where(e => e.Kind == BpfFailureKind.NotSupported && e.Hint!.Contains("'sched_ext_ops', which needs Linux 6.12 and CONFIG_SCHED_CLASS_EXT"));
            return;
        }

        using BpfObject loaded = spec.Load();
        loaded.Attach();
        File.ReadAllText("/sys/kernel/sched_ext/root/ops").Should().StartWith("p3_minimal");
        for (int i = 0; i < 20; i++)
            Thread.Sleep(1);
        Value<ulong>(loaded, "starts").Should().Be(1);
        Value<ulong>(loaded, "runs").Should().BeGreaterThan(0);
        using (BpfObject second = spec.Load())
            second.Invoking(o => o.Attach()).Should().Throw<BpfException>().Where(e => e.Error == Errno.EBUSY && e.Hint!.Contains("Another sched_ext scheduler"));
        loaded.Links.Single().Dispose();
        Value<ulong>(loaded, "ends").Should().Be(1);
    }
}
