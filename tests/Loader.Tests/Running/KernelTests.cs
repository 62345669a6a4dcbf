namespace P3Ebpf.Loader.Tests;

/// <summary>A kernel is what its files say, whichever machine they stand for.</summary>
public sealed class KernelTests
{
    [Fact]
    public void A_planted_kernel_has_the_version_types_and_configuration_of_its_files()
    {
        using var machine = new PlantedMachine();
        machine.Add($"/boot/config-{PlantedMachine.Release}", "CONFIG_BPF=y\n# CONFIG_X is not set\nCONFIG_HZ=250\n");
        machine.Add("/proc/kallsyms", "ffffffff81000000 T _stext\nffffffff81000010 t twice\nffffffff81000020 t twice\nffffffff81000030 T __x64_sys_bpf\n");
        var kernel = new Kernel(machine.Root);

        kernel.Release.Should().Be(PlantedMachine.Release);
        kernel.Version.Should().Be(new Version(6, 1, 0));
        kernel.Types.TryFind("task_struct", BtfKind.Struct, out _).Should().BeTrue();
        kernel.Types.Should().BeSameAs(kernel.Types, "it is read once");
        kernel.Configuration!["CONFIG_HZ"].Should().Be("250");
        kernel.Configuration["CONFIG_X"].Should().BeNull();
        kernel.FindSymbols(new HashSet<string> { "_stext", "twice", "missing" }).Should().BeEquivalentTo(
            new Dictionary<string, ulong?> { ["_stext"] = 0xffffffff81000000, ["twice"] = null });
        kernel.SymbolOfSystemCall("openat").Should().EndWith("_sys_openat");
        kernel.HasSystemCallWrappers.Should().BeTrue();
    }

    [Fact]
    public void Types_are_found_in_modules_too_and_one_that_is_malformed_does_no_harm()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        machine.Add("/sys/kernel/btf/vmlinux", TestData.Btf(CapturedBtf.Kernel72));
        machine.Add("/sys/kernel/btf/bridge", TestData.Btf("mod-7.2.13-amd64.bridge"));
        machine.Add("/sys/kernel/btf/broken", new byte[24]);
        var kernel = new Kernel(machine.Root);

        kernel.Modules.Select(module => module.Name).Should().Equal("bridge", "broken");
        kernel.TryFindType("br_config_bpdu", BtfKind.Struct, out KernelType found).Should().BeTrue();
        found.Module!.Name.Should().Be("bridge");
        kernel.NamesLike("br_confg_bpdu", BtfKind.Struct).Should().Contain("br_config_bpdu");
        kernel.NamesLike("br_confg_bpdu", BtfKind.Struct, onlyIn: "vmlinux").Should().NotContain("br_config_bpdu");
        kernel.TryFindType("br_config_bpdu", BtfKind.Struct, out _, onlyIn: "vmlinux").Should().BeFalse();
        kernel.TryFindType("task_struct", BtfKind.Struct, out found).Should().BeTrue();
        found.Module.Should().BeNull();
    }

    [Fact]
    public void A_failure_is_not_remembered()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        var kernel = new Kernel(machine.Root);
        kernel.Invoking(k => k.Types).Should().Throw<BpfException>().Which.Kind.Should().Be(BpfFailureKind.NotSupported);
        machine.Add("/sys/kernel/btf/vmlinux", PlantedMachine.KernelBtf);
        kernel.Types.TryFind("task_struct", BtfKind.Struct, out _).Should().BeTrue();
    }
}
