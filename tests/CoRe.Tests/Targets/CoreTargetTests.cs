using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreTargetTests
{
    private static BtfSpec Kernel()
    {
        var kernel = new TestBtf();
        _ = kernel.Struct("in_kernel", 8, new TestMember("x", kernel.U32, 32));
        return kernel.Build("vmlinux");
    }

    private static CoreModule Module(string name, BtfSpec kernel, uint bitOffset) => new(name, () =>
    {
        var module = new TestBtf(baseBtf: kernel);
        _ = module.Struct("in_module", 24, new TestMember("x", 1, bitOffset));
        _ = module.Struct("in_kernel", 24, new TestMember("x", 1, 128));
        return module.Build(name);
    });

    private static CoreRelocationResult Resolve(CoreTarget target, string type)
    {
        var local = new TestBtf();
        uint root = local.Struct(type, 4, new TestMember("x", local.U32, 0));
        return Apply(local, target, new TestRelocation(root, "0:0", CoreRelocationKind.FieldByteOffset, Move(0)))[0];
    }

    [Fact]
    public void A_kernels_own_types_are_found_without_listing_modules()
    {
        var target = CoreTarget.Kernel(Kernel(), () => throw new InvalidOperationException("not to be listed"));

        CoreRelocationResult result = Resolve(target, "in_kernel");

        result.Value.Should().Be(4);
        result.TargetBtf.Should().Be("vmlinux");
    }

    [Fact]
    public void Modules_are_searched_for_what_the_kernel_lacks()
    {
        BtfSpec kernel = Kernel();
        var target = CoreTarget.Kernel(kernel, () => [Module("one", kernel, 64)]);

        CoreRelocationResult result = Resolve(target, "in_module");

        result.Value.Should().Be(8);
        result.TargetBtf.Should().Be("one");
        result.TargetTypeId.Should().Be(new BtfTypeId(kernel.TypeCount));
    }

    [Fact]
    public void All_modules_are_searched()
    {
        BtfSpec kernel = Kernel();
        var target = CoreTarget.Kernel(kernel, () => [Module("one", kernel, 64), Module("two", kernel, 96)]);

        Resolve(target, "in_module").Error.Should().Be(CoreErrorCode.Einval, "the modules disagree");
    }

    [Fact]
    public void A_module_that_cannot_be_read_is_skipped_with_a_warning()
    {
        BtfSpec kernel = Kernel();
        var target = CoreTarget.Kernel(kernel, () => [new CoreModule("broken", () => BtfSpec.Parse(new byte[40])), Module("one", kernel, 64)]);

        Resolve(target, "in_module").Value.Should().Be(8);
        target.Warnings.Should().ContainSingle().Which.Should().StartWith("module broken is left out");
    }

    [Fact]
    public void Modules_that_cannot_be_listed_are_a_warning()
    {
        var target = CoreTarget.Kernel(Kernel(), () => throw new UnauthorizedAccessException("no permission"));

        Resolve(target, "in_module").Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
        target.Warnings.Should().ContainSingle().Which.Should().EndWith("no permission");
    }

    [Fact]
    public void A_given_split_BTF_is_searched_with_its_base()
    {
        BtfSpec kernel = Kernel();
        var module = new TestBtf(baseBtf: kernel);
        _ = module.Struct("in_module", 24, new TestMember("x", 1, 64));
        var target = new CoreTarget(module.Build("module"));

        Resolve(target, "in_kernel").Value.Should().Be(4);
        Resolve(target, "in_module").Value.Should().Be(8);
    }

    [Fact]
    public void Advice_is_looked_for_in_the_base_of_a_given_split_BTF_and_in_modules_that_have_been_read()
    {
        BtfSpec kernel = Kernel();
        var module = new TestBtf(baseBtf: kernel);
        _ = module.Struct("in_module", 24, new TestMember("x", 1, 64));

        Resolve(new CoreTarget(module.Build("module")), "in_kernal").Suggestion.Should().StartWith("The target has struct in_kernel.");
        Resolve(CoreTarget.Kernel(kernel, () => [Module("one", kernel, 64)]), "in_modulo").Suggestion.Should().StartWith("The target has struct in_module.");
    }

    [Fact]
    public void A_type_is_found_in_the_kernel_or_else_in_a_module()
    {
        BtfSpec kernel = Kernel();
        var target = CoreTarget.Kernel(kernel, () => [Module("one", kernel, 64)]);

        target.HasModules.Should().BeTrue();
        target.Name.Should().Be("vmlinux");
        target.TryFind("in_kernel", BtfKind.Struct, out BtfType own).Should().BeTrue();
        own.Size.Should().Be(8);
        target.TryFind("in_module", BtfKind.Struct, out BtfType other).Should().BeTrue();
        other.Size.Should().Be(24);
        target.TryFind("in_module", BtfKind.Union, out _).Should().BeFalse();
        target.TryFind("nowhere", BtfKind.Struct, out _).Should().BeFalse();
        new CoreTarget(kernel).HasModules.Should().BeFalse();
    }
}
