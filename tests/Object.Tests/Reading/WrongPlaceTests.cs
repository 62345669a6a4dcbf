namespace P3Ebpf.Object.Tests;

/// <summary>Symbols, relocations and sections that lead nowhere: each is refused with its place and what is wrong with it.</summary>
public sealed class WrongPlaceTests
{
    private const ushort Absolute = 0xFFF1, Undefined = 0;
    private const byte GlobalFunction = 0x12, LocalFunction = 0x02, LocalSection = 0x03, GlobalObject = 0x11, GlobalNothing = 0x10;

    public static TheoryData<string, string?, long, Func<BpfObjectSpec>> Refusals => new()
    {
        // Relocations of instructions.
        { "*does not point at an instruction*", "socket", 9, () => new PatchedObject("globals").Relocation(".relsocket", offset: 9).Read() },
        { "*does not point at an instruction*", "socket", 0x380, () => new PatchedObject("globals").Relocation(".relsocket", offset: 0x380).Read() },
        { "*refers to symbol 9999, which does not exist*", "socket", 8, () => new PatchedObject("globals").Relocation(".relsocket", symbol: 9999).Read() },
        { "*neither a call nor a 64-bit load (code 0x*", "socket", 0, () => new PatchedObject("globals").Relocation(".relsocket", offset: 0).Read() },
        { "*refers to 'enabled', which is in no section*", "socket", 8, () => new PatchedObject("globals").Symbol("enabled", section: Absolute).Read() },
        { "*refers to 'times', which lies outside .rodata*", "socket", 8, () => new PatchedObject("globals").Symbol("times", value: 18, section: 8, info: GlobalNothing).Relocation(".relsocket", symbol: 7).Read() },
        { "*refers to 'enabled' in section license, which cannot be loaded*", "socket", 8, () => new PatchedObject("globals").Symbol("enabled", section: 15).Read() },
        { "*refers to 'times', which is no map*", "socket", 8, () => new PatchedObject("globals").Symbol("times", value: 0x4c, section: 12, info: GlobalNothing).Relocation(".relsocket", symbol: 7).Read() },
        { "*calls 'times', which is no function of .text*", "socket", 0xe8, () => new PatchedObject("globals").Symbol("times", value: 4, info: GlobalNothing).Read() },

        // Relocations that fill the slots of maps.
        { "*lies in no map's 'values'*", ".maps", 0x48, () => new PatchedObject("globals").Relocation(".rel.maps", offset: 0x48).Read() },
        { "*lies in no map's 'values'*", ".maps", 0x44, () => new PatchedObject("globals").Relocation(".rel.maps", offset: 0x44).Read() },
        { "*refers to 'custom', which is no map*", ".maps", 0x40, () => new PatchedObject("globals").Relocation(".rel.maps", symbol: 15).Read() },
        { "*refers to 'second', which is no program*", ".maps", 0x28, () => new PatchedObject("maps").Relocation(".rel.maps", of: "last_step", symbol: 7).Read() },
        { "*refers to 'last_step', which is no program*", ".maps", 0x28, () => new PatchedObject("maps").Symbol("last_step", value: 4, info: GlobalNothing).Read() },

        // Jump tables, and variables of an arena.
        { "*the jump table 'BPF.JT.2.0' of 0 bytes at 24, which is no run of 8-byte entries of .jumptables*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", size: 0).Read() },
        { "*of 20 bytes at 24, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", size: 20).Read() },
        { "*of 24 bytes at 20, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", value: 20).Read() },
        { "*of 32 bytes at 24, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", size: 32).Read() },
        { "*of 8 bytes at 48, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", value: 48, size: 8).Read() },
        { "*of 8 bytes at 56, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", value: 56, size: 8).Read() },
        { "*of 18446744073709551608 bytes at 24, which is no run*", "syscall", 0x40, () => new PatchedObject("jump_tables").Symbol("BPF.JT.2.0", size: ulong.MaxValue - 7).Read() },
        { "*whose entry 0 leads to 105, outside of 'choose'*", "syscall", 0x40, () => new PatchedObject("jump_tables").Bytes(".jumptables", 24, 105).Read() },
        { "*whose entry 1 leads to 168, outside of 'choose'*", "syscall", 0x40, () => new PatchedObject("jump_tables").Bytes(".jumptables", 32, 168).Read() },
        { "*whose entry 2 leads to 18446744073709551608, outside*", "syscall", 0x40, () => new PatchedObject("jump_tables").Bytes(".jumptables", 40, 0xF8, 255, 255, 255, 255, 255, 255, 255).Read() },
        { "*refers to 'counter', which lies outside .addr_space.1*", "syscall", 0, () => new PatchedObject("arena").Symbol("counter", value: 25, info: GlobalNothing).Read() },
        { "*refers to 'LICENSE', which is no map*", "socket", 0x70, () => ByDistance(0xb9).Read() },

        // Structs of callbacks.
        { "*fills no callback of a struct*", ".struct_ops.link", 4, () => new PatchedObject("congestion").Relocation(".rel.struct_ops.link", offset: 4).Read() },
        { "*refers to symbol 9999, which does not exist*", ".struct_ops.link", 16, () => new PatchedObject("congestion").Relocation(".rel.struct_ops.link", symbol: 9999).Read() },
        { "*member 'init' of 'linked' is 'opened', which is no program*", ".struct_ops.link", 16, () => new PatchedObject("congestion").Relocation(".rel.struct_ops.link", symbol: 8).Read() },
        { "*is 'count_init', which is no program*", ".struct_ops.link", 16, () => new PatchedObject("congestion").Symbol("count_init", section: Absolute, info: GlobalNothing).Relocation(".rel.struct_ops.link", symbol: 7).Read() },
        { "*is 'opened_by_other', which is no program*", ".struct_ops.link", 16, () => new PatchedObject("congestion").Symbol("opened_by_other", value: 4, section: 3, info: GlobalNothing).Relocation(".rel.struct_ops.link", symbol: 10).Read() },

        // Functions.
        { "*function 'times' of 0 bytes at 0 is not a run of instructions*", ".text", 0, () => new PatchedObject("globals").Symbol("times", size: 0).Read() },
        { "*function 'times' of 12 bytes at 0 is not*", ".text", 0, () => new PatchedObject("globals").Symbol("times", size: 12).Read() },
        { "*function 'times' of 8 bytes at 4 is not*", ".text", 4, () => new PatchedObject("globals").Symbol("times", value: 4, size: 8).Read() },
        { "*function 'times' of 136 bytes at 0 is not*", ".text", 0, () => new PatchedObject("globals").Symbol("times", size: 136).Read() },
        { "*function 'times' of 8 bytes at 128 is not*", ".text", 128, () => new PatchedObject("globals").Symbol("times", value: 128, size: 8).Read() },
        { "*overlaps the one before*", ".text", 0x18, () => new PatchedObject("globals").Symbol("times", size: 0x20).Read() },
        { "*program 'compute' is static*", "socket", 0, () => new PatchedObject("globals").Symbol("compute", info: LocalFunction).Read() },

        // Variables and externs.
        { "*variable 'enabled' of 1 bytes lies outside the section of 17*", ".rodata", 17, () => new PatchedObject("globals").Symbol("enabled", value: 17).Read() },
        { "*'no_such_name' is defined nowhere*", null, -1, () => new PatchedObject("globals").Bytes(".strtab", NameAt("globals", "no_such_symbol"), "no_such_name\0"u8.ToArray()).Read() },

        // The file.
        { "*not a BPF object: it is an ELF file for X64 (Elf64)*", null, -1, () => new PatchedObject("globals").FileHeader(18, 62, 0).Read() },
        { "*its ELF type is Executable, expected a relocatable object*", null, -1, () => new PatchedObject("globals").FileHeader(16, 2, 0).Read() },
        { "*no symbol table*", null, -1, () => new PatchedObject("globals").Header(".symtab", type: 1).Read() },
        { "*claim more bytes than the * of the file*", ".llvm_addrsig", -1, () => new PatchedObject("globals").Header(".llvm_addrsig", size: 6000).Read() },
        { "*it has maps or externs but no BTF*", null, -1, () => new PatchedObject("globals").Header(".BTF", type: 8).Read() },
        { "*it must have 4 bytes, not 13*", "version", -1, () => new PatchedObject("globals").Bytes(".strtab", NameAt("globals", "license"), "version"u8.ToArray()).Read() },
        { "*it has maps or externs but no BTF*", null, -1, () => new PatchedObject("dummy_ops").Header(".BTF", type: 8).Read() },
        { "*BTF does not describe it*", ".maps", -1, () => new PatchedObject("globals").Bytes(".BTF", NameAt("globals", ".maps\0", ".BTF"), (byte)'_').Read() },
        { "*described by BTF, which is malformed: *", null, -1, () => new PatchedObject("globals").Bytes(".BTF", 0, 1).Read() },
    };

    /// <summary>A load of a static map, which names no more than the section: the license's symbol becomes that of the section.</summary>
    private static PatchedObject ByDistance(byte distance) => new PatchedObject("maps")
        .Symbol("LICENSE", value: 0, section: 5, info: LocalSection).Relocation(".relsocket", of: "shared", symbol: 10).Bytes("socket", 0x74, distance);

    private static int NameAt(string name, string text, string section = ".strtab")
    {
        using var file = new PatchedObject(name);
        return file.Section(section).ReadData().Span.IndexOf(System.Text.Encoding.ASCII.GetBytes(text));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_leads_nowhere_is_refused_with_its_place(string message, string? section, long offset, Func<BpfObjectSpec> read)
    {
        BpfObjectFormatException refusal = FluentActions.Invoking(read).Should().Throw<BpfObjectFormatException>().WithMessage(message).Which;

        refusal.Section.Should().Be(section);
        refusal.Offset.Should().Be(offset);
    }

    [Fact]
    public void The_ends_of_sections_belong_to_them()
    {
        new PatchedObject("globals").Symbol("enabled", value: 16).Read().Variables["enabled"].Offset.Should().Be(16);
        new PatchedObject("globals").Symbol("total", value: 24 - 8).Read().Variables["total"].Offset.Should().Be(16);
        new PatchedObject("globals").Relocation(".rel.maps", offset: 0x38).Read().Maps["outer"].Slots.Keys.Should().Equal(0);
        new PatchedObject("arena").Symbol("counter", value: 24, info: GlobalNothing).Read().Functions[0].Relocations[0].SymbolOffset.Should().Be(24);
        new PatchedObject("globals").Symbol("enabled", value: 17, info: GlobalNothing).Read().Programs["compute"].Function.Relocations[0].SymbolOffset.Should().Be(17);
    }

    [Fact]
    public void What_a_relocation_means_is_found_by_its_place()
    {
        BpfObjectSpec byDistance = ByDistance(0xb8).Read();
        byDistance.Programs["count"].Function.Relocations.Select(relocation => relocation.Map!.Name).Should().Equal("shared", "shared");
        ByDistance(0x30).Read().Programs["count"].Function.Relocations[0].Map!.Name.Should().Be("second");
        new PatchedObject("maps").Relocation(".rel.maps", of: "last_step", symbol: 3).Read().Maps["steps"].Slots[2].Program!.Name.Should().Be("first_step");
        new PatchedObject("congestion").Relocation(".rel.struct_ops.link", symbol: 9).Read().Maps["linked"].StructOps!.Members["init"].Program!.Name.Should().Be("count_other_init");
    }

    [Fact]
    public void What_needs_no_types_does_without()
    {
        BpfObjectSpec without = new PatchedObject("no_such_tracepoint").Header(".BTF", type: 8).Read();
        (without.Btf, without.BtfExt, without.KernelBtf, without.HasCoreRelocations).Should().Be((null, null, null, false));
        without.Warnings.Should().BeEmpty();

        BpfObjectSpec damaged = new PatchedObject("no_such_tracepoint").Bytes(".BTF", 0, 1).Read();
        damaged.Btf.Should().BeNull();
        damaged.Warnings.Should().ContainSingle().Which.Should().StartWith(".BTF: not BTF");
        damaged.Programs.Should().HaveCount(without.Programs.Count);
    }

    [Fact]
    public void Instructions_that_no_function_names_beside_programs_are_told()
    {
        BpfObjectSpec spec = new PatchedObject("globals").Symbol("on_demand", info: GlobalNothing).Read();

        spec.Programs.TryGet("on_demand", out _).Should().BeFalse();
        spec.Warnings.Should().Equal("section ?raw_tp/sys_enter has instructions, but no symbol of type FUNC: there is no program in it");
    }

    [Fact]
    public void A_version_that_is_asked_for_is_a_number()
    {
        BpfObjectSpec spec = new PatchedObject("globals").Bytes(".strtab", NameAt("globals", "license"), "version"u8.ToArray()).Bytes("license", 0, 1, 2, 3, 4).Header("license", size: 4).Read();

        (spec.KernelVersion, spec.License).Should().Be((0x0403_0201u, ""));
    }

    [Theory]
    [InlineData("GCC: (GNU) 14.2.0\0more", "GCC: (GNU) 14.2.0")]
    [InlineData("\0\0GCC", "GCC")]
    [InlineData("\0\0", null)]
    [InlineData("", null)]
    public void The_first_remark_of_a_compiler_is_its_name(string comment, string? producer)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(comment);

        new PatchedObject("mistakes/old_gcc").Bytes(".comment", 0, bytes).Header(".comment", size: (ulong)bytes.Length).Read().Producer.Should().Be(producer);
        new PatchedObject("mistakes/old_gcc").Header(".comment", type: 8).Read().Producer.Should().BeNull();
        ObjectFile.Read("no_such_tracepoint").Producer.Should().BeNull();
    }

    [Fact]
    public void Damaged_records_beside_the_types_are_told_and_left_out()
    {
        BpfObjectSpec spec = new PatchedObject("globals").Bytes(".BTF.ext", 0, 1).Read();

        spec.BtfExt.Should().BeNull();
        spec.Warnings.Should().ContainSingle().Which.Should().EndWith("ignored, so there are no CO-RE relocations and no source lines");
        spec.Programs["compute"].Function.SourceLineOf(0).Should().BeNull();
        new PatchedObject("globals").Header(".BTF.ext", type: 8).Read().BtfExt.Should().BeNull();
    }

    [Theory]
    [InlineData(GlobalObject)]
    [InlineData(GlobalFunction)]
    public void A_symbol_that_is_undefined_is_an_extern_only_without_a_type(byte info) =>
        new PatchedObject("globals").Relocation(".relsocket", of: "no_such_symbol", symbol: 25)
            .Symbol("no_such_symbol", info: info, section: Undefined).Invoking(file => file.Read()).Should().Throw<BpfObjectFormatException>().WithMessage("*'no_such_symbol', which is in no section*");

    [Fact]
    public void An_object_without_a_licence_has_none()
    {
        new PatchedObject("globals").Bytes("license", 0, 0).Read().License.Should().BeEmpty();
        new PatchedObject("globals").Bytes("license", 12, (byte)'+').Read().License.Should().Be("Dual MIT/GPL+", "the end of the section ends it too");
    }
}
