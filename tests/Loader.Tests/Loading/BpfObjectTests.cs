using System.Diagnostics.CodeAnalysis;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfObjectTests
{
    private static BpfObjectSpec Globals()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ObjectFile.Read("globals");

        // bpf_for_each_map_elem came with Linux 5.13.
        spec.Programs["sum_numbers"].IsAutoLoaded = KernelVersion.Current >= new Version(5, 13);
        return spec;
    }

    [Fact]
    public void Programs_see_variables_as_they_were_set_before_and_after_loading()
    {
        using (BpfObject loaded = Globals().Load())
        {
            loaded.Run("compute").Should().Be(140);
            loaded.Run("compute").Should().Be(143);
            loaded.Variables["counter"].Get<ulong>().Should().Be(42);
            loaded.Variables["total"].Get<ulong>().Should().Be(41 + 42);
            loaded.Variables["counter"].Set(10UL);
            loaded.Run("compute").Should().Be((11 * 3) + 10 + 7);
            loaded.Variables["range"].Set((0, 100));
            loaded.Variables["custom"].Set(1);
            loaded.Run("compute").Should().Be((12 * 3) + 100 + 1);
            loaded.Variables["history"].GetBytes().Should().HaveCount(16).And.Contain(42);
        }

        BpfObjectSpec spec = Globals();
        spec.Variables["multiplier"].Set(2U);
        spec.Variables["counter"].Set(0UL);
        using (BpfObject loaded = spec.Load())
        {
            loaded.Run("compute").Should().Be(2 + 10 + 7);
            loaded.Variables["multiplier"].Get<uint>().Should().Be(2);
        }

        spec.Variables["enabled"].Set((byte)0);
        using (BpfObject loaded = spec.Load())
            loaded.Run("compute").Should().Be(0);
    }

    [Fact]
    public void Constants_cannot_be_changed_once_loaded_and_sizes_are_checked()
    {
        using BpfObject loaded = Globals().Load();
        loaded.Variables["multiplier"].IsReadOnly.Should().BeTrue();
        FluentActions.Invoking(() => loaded.Variables["multiplier"].Set(5U)).Should().Throw<InvalidOperationException>().WithMessage("*'multiplier' is constant*");
        FluentActions.Invoking(() => loaded.Maps[".rodata"].Update(new byte[4], new byte[loaded.Maps[".rodata"].ValueSize])).Should().Throw<BpfException>();
        FluentActions.Invoking(() => loaded.Variables["counter"].Set(5)).Should().Throw<ArgumentException>().WithMessage("*'counter' has 8 bytes*");
    }

    [Fact]
    public void Maps_work_as_the_object_defines_them()
    {
        using BpfObject loaded = Globals().Load();
        BpfMap numbers = loaded.Maps["numbers"];
        for (int i = 0; i < 4; i++)
            numbers.Update(BitConverter.GetBytes(i), BitConverter.GetBytes(10L + i));
        if (loaded.Programs.TryGet("sum_numbers", out _))
            loaded.Run("sum_numbers").Should().Be(46);

        loaded.Maps["inner"].Update(new byte[4], BitConverter.GetBytes(99L));
        loaded.Run("read_inner").Should().Be(99);
        loaded.Maps["outer"].Delete(BitConverter.GetBytes(1)).Should().BeTrue();
        loaded.Run("read_inner").Should().Be(uint.MaxValue);

        if (KernelVersion.Current >= new Version(5, 8))
            loaded.Run("send_event").Should().Be(0);
        numbers.GetInfo().BtfValueTypeId.Should().NotBe(0, "maps carry the types of the object");
    }

    [Fact]
    public void Slots_of_programs_and_maps_are_filled()
    {
        Requires.Kernel("5.8", "ring buffers");
        using var pins = new PrivateBpfFs();
        using BpfObject loaded = ObjectFile.Read("maps").Load(new BpfLoadOptions { PinRoot = pins.Root });
        loaded.Run("first_step").Should().Be(7);
        loaded.Maps["steps"].Delete(BitConverter.GetBytes(2));
        loaded.Run("first_step").Should().Be(1);

        uint Slot(int key) => BitConverter.ToUInt32(loaded.Maps["by_number"].Lookup(BitConverter.GetBytes(key)));
        Slot(3).Should().Be(loaded.Maps["second"].GetInfo().Id);
        Slot(5).Should().Be(loaded.Maps["first"].GetInfo().Id);
        loaded.Maps["samples"].MaxEntries.Should().Be((uint)KernelCpus.PossibleCount);
        loaded.Maps["events"].MaxEntries.Should().Be((uint)Math.Max(8192, Environment.SystemPageSize), "the size of a ring is a power of two of whole pages");
    }

    [Fact]
    public void Optional_programs_are_loaded_when_asked_for()
    {
        BpfObjectSpec spec = Globals();
        using (BpfObject loaded = spec.Load())
            loaded.Programs.TryGet("on_demand", out _).Should().BeFalse();

        spec.Programs["on_demand"].IsAutoLoaded = true;
        using (BpfObject loaded = spec.Load())
        {
            loaded.Attach();
            loaded.Links.Should().ContainSingle();
            _ = Environment.ProcessId;
            Thread.Sleep(1);
            loaded.Variables["total"].Get<ulong>().Should().BeGreaterThan(0, "system calls happen all the time");
        }
    }

    [Fact]
    public void A_kernel_version_extern_is_the_running_kernels()
    {
        using BpfObject loaded = Globals().Load();
        loaded.Run("kernel_version").Should().Be(KernelVersion.Code);
    }

    [Fact]
    public void Attaching_is_all_or_nothing()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = ObjectFile.Read("sched_lottery").Load())
        {
            loaded.Attach();
            loaded.Links.Should().ContainSingle().Which.Should().BeOfType<TracepointLink>();
            SpinWait.SpinUntil(() => loaded.Maps["task_map"].TryGetNextKey([], new byte[4]), TimeSpan.FromMinutes(1)).Should().BeTrue("tasks switch");
        }

        using (BpfObject loaded = ObjectFile.Read("no_such_tracepoint").Load())
        {
            FluentActions.Invoking(() => loaded.Attach()).Should().Throw<BpfException>().WithText("*no_such_event*");
            loaded.Links.Should().BeEmpty();
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void A_target_in_the_kernels_btf_is_found_and_attached_to()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        using BpfObject loaded = ObjectFile.Read("tracing").Load();
        loaded.Attach();
        loaded.Links.Should().ContainSingle().Which.Should().BeOfType<TracingLink>();
        SpinWait.SpinUntil(() => loaded.Variables["switches"].Get<ulong>() > 0, TimeSpan.FromMinutes(1)).Should().BeTrue("tasks switch");
    }

    [Theory]
    [InlineData("on_write", "writes")]
    [InlineData("on_getpgid", "system_calls")]
    [SuppressMessage("Interoperability", "CA1416", Justification = "Kernel tests run on Linux.")]
    public void Functions_and_system_calls_are_traced_where_the_kernel_lets_us(string program, string counter)
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ObjectFile.Read("tracing");
        foreach (BpfProgramSpec other in spec.Programs)
            other.IsAutoLoaded = other.Name == program;
        using BpfObject? loaded = LoadAndAttach();
        File.WriteAllText("/dev/null", "x");
        _ = getpgid(0);
        loaded!.Variables[counter].Get<ulong>().Should().BeGreaterThan(0);

        BpfObject? LoadAndAttach()
        {
            BpfObject? made = null;
            try
            {
                made = spec.Load();
                made.Attach();
                return made;
            }
            catch (BpfException e) when (e.IsNotPermittedOrSupported)
            {
                made?.Dispose();
                Assert.Skip(e.Message);
                return null;
            }
        }

        [System.Runtime.InteropServices.DllImport("libc")]
        static extern int getpgid(int process);
    }

    [Fact]
    public void A_target_that_is_not_there_is_named()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ObjectFile.Read("tracing");
        spec.Programs["nowhere"].IsAutoLoaded = true;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().WithText("*'nowhere'*no_such_function*")
            .Which.Kind.Should().Be(BpfFailureKind.NotSupported);
    }

    [Fact]
    public void A_program_goes_where_the_specification_says_not_where_it_was_written_for()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ObjectFile.Read("no_such_tracepoint");
        spec.Programs[0].AttachPoint = new BpfTracepoint("sched", "sched_switch");
        using BpfObject loaded = spec.Load();
        loaded.Attach();
        loaded.Links.Should().ContainSingle();
    }

    [Fact]
    public void Larger_variables_sections_end_in_zeroes()
    {
        BpfObjectSpec spec = Globals();
        spec.Maps[".data.custom"].ValueSize = 64;
        using BpfObject loaded = spec.Load();
        byte[] value = loaded.Maps[".data.custom"].Lookup(new byte[4]);
        value.Should().HaveCount(64);
        value.Sum(b => b).Should().Be(7);

        spec.Maps[".data.custom"].ValueSize = 2;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().WithText("*.data.custom*too small*");
    }
}
