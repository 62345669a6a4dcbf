using System.Text;

namespace P3Ebpf.Object.Tests;

/// <summary>What is often wrong with an object, as it is told: what and where, and what to do.</summary>
public sealed class MistakesTests
{
    private static byte[] Bytes(string name) => ObjectFile.Bytes($"mistakes/{name}");

    private static BpfObjectFormatException Refusal(byte[] file) =>
        FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "object")).Should().Throw<BpfObjectFormatException>().Which;

    [Fact]
    public void A_called_function_in_a_section_of_its_own_is_named_with_its_section()
    {
        BpfObjectFormatException refusal = Refusal(Bytes("own_section"));

        refusal.Message.Should().Contain("'add' of section helpers").And.Contain("must lie in .text");
        refusal.Hint.Should().Contain("Remove the section attribute of add");
    }

    [Fact]
    public void Another_name_of_the_same_instructions_is_accepted_and_told()
    {
        BpfObjectSpec spec = BpfObjectSpec.Parse(Bytes("alias"), "alias");

        spec.Programs.Should().ContainSingle().Which.Name.Should().BeOneOf("program", "other_name");
        spec.Warnings.Should().ContainSingle().Which.Should().Contain("program").And.Contain("other_name");
    }

    [Fact]
    public void Instructions_without_the_symbol_of_a_function_are_no_silent_nothing()
    {
        byte[] file = Bytes("unsigned_enum");
        using (ElfFile elf = ElfFile.Parse(file))
        {
            elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
            foreach (ElfSymbol symbol in table.ReadSymbols())
            {
                // st_info is the fifth byte of a symbol of 24; its lower half is the type, which becomes STT_NOTYPE.
                if (symbol.Type == ElfSymbolType.Func)
                    file[(int)table.Offset + (symbol.Index * 24) + 4] &= 0xF0;
            }
        }

        BpfObjectFormatException refusal = Refusal(file);
        refusal.Message.Should().Contain("section socket").And.Contain("no symbol of type FUNC");
        refusal.Hint.Should().Contain("clang");
    }

    [Fact]
    public void Names_that_no_kernel_takes_are_spelt_otherwise_for_it_and_told()
    {
        byte[] file = Bytes("foreign_names");
        Replace(file, "PhantomDataXu64X", "PhantomData<u64>");

        BpfObjectSpec spec = BpfObjectSpec.Parse(file, "foreign");

        spec.Warnings.Should().ContainSingle().Which.Should().Contain("'PhantomData<u64>'").And.Contain("kernel refuses");
        BtfSpec given = BtfSpec.Parse(spec.KernelBtf!.Value.Bytes);
        given.TryFind("PhantomData_u64_", BtfKind.Struct, out _).Should().BeTrue();
        given.TryFind("PhantomData<u64>", BtfKind.Struct, out _).Should().BeFalse();
        spec.Btf!.TryFind("PhantomData<u64>", BtfKind.Struct, out _).Should().BeTrue("the file's own types stay as they are");
    }

    [Theory]
    [InlineData("cgroup/connect", "cgroup/connect4")]
    [InlineData("cgroup/getsockopt/x", "cgroup/getsockopt")]
    [InlineData("classifier/ingress", "classifier")]
    [InlineData("tc/prog_a", "tc")]
    [InlineData("xdp-prog1", "xdp")]
    [InlineData("xdp_devmap/x", "xdp/devmap")]
    [InlineData("socket1", "socket")]
    [InlineData("sk_lookup/a", "sk_lookup")]
    [InlineData("tracepiont", "tracepoint")]
    public void The_section_that_may_be_meant_is_found(string section, string near) => BpfSectionDefinitions.Near(section).Should().Contain(near);

    [Theory]
    [InlineData("prog", "")]
    [InlineData("?", "")]
    [InlineData("x", "xdp.frags/devmap xdp/devmap xdp.frags/cpumap")]
    [InlineData("", "")]
    [InlineData("?cgroup/connect", "cgroup/connect4 cgroup/connect6 cgroup/connect_unix")]
    [InlineData("cgroup/", "cgroup/skb cgroup/sock_create cgroup/sock_release")]
    [InlineData("kprobe_x", "kprobe")]
    [InlineData("uprobe.sx", "uprobe.s")]
    [InlineData("fentrry/vfs_write", "fentry")]
    public void A_name_of_ones_own_has_none_and_others_have_a_few(string section, string near) =>
        string.Join(' ', BpfSectionDefinitions.Near(section)).Should().Be(near);

    [Fact]
    public void An_unsigned_enumerator_above_31_bits_is_told_as_what_it_is()
    {
        BpfObjectSpec spec = BpfObjectSpec.Parse(Bytes("unsigned_enum"), "unsigned");

        CoreRelocationResult result = spec.Relocate(new CoreTarget(spec.Btf!)).Functions.SelectMany(f => f.Results).Should().ContainSingle().Subject;

        result.Outcome.Should().Be(CoreRelocationOutcome.Failed);
        result.Message.Should().Contain("2863311530").And.Contain("unsigned enumerator of 32 bits").And.NotContain("do not belong together");
    }

    [Fact]
    public void A_field_of_a_nested_struct_that_became_a_field_is_suggested()
    {
        BpfObjectSpec spec = BpfObjectSpec.Parse(Bytes("moved_field"), "moved");
        var target = new CoreTarget(BtfSpec.Parse(TestData.Btf("vmlinux-7.2.13-amd64")));

        spec.Relocate(target).Functions.SelectMany(f => f.Results).Should().Contain(r => r.Suggestion != null && r.Suggestion.Contains("i_atime_sec in place of i_atime.tv_sec"));
    }

    private static void Replace(byte[] file, string from, string to)
    {
        from.Length.Should().Be(to.Length);
        for (int at; (at = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(from))) >= 0;)
            Encoding.ASCII.GetBytes(to).CopyTo(file, at);
    }
}
