namespace P3Ebpf.Object.Tests;

public sealed class BpfObjectSpecTests
{
    [Fact]
    public void The_object_tells_its_name_licence_and_byte_order()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Name.Should().Be("globals");
        spec.License.Should().Be("Dual MIT/GPL");
        spec.IsNative.Should().Be(BitConverter.IsLittleEndian);
        spec.KernelVersion.Should().BeNull();
        spec.Warnings.Should().BeEmpty();
        spec.HasCoreRelocations.Should().BeFalse();
        spec.Path.Should().Be(ObjectFile.PathOf("globals"));

        BpfObjectSpec parsed = BpfObjectSpec.Parse(ObjectFile.Bytes("globals"), "other.name");
        parsed.Name.Should().Be("other");
        parsed.Path.Should().BeNull();
        BpfObjectSpec.Read(new MemoryStream(ObjectFile.Bytes("globals")), "streamed").Programs.Should().HaveCount(spec.Programs.Count);
    }

    [Theory]
    [InlineData("globals", "compute:socket:SocketFilter sum_numbers:socket:SocketFilter read_inner:socket:SocketFilter send_event:socket:SocketFilter kernel_version:socket:SocketFilter -on_demand:raw_tp/sys_enter:RawTracepoint")]
    [InlineData("sched_lottery", "handle_sched_switch:tracepoint/sched/sched_switch:Tracepoint")]
    [InlineData("set_tickets", "set_tickets:raw_tp:RawTracepoint")]
    [InlineData("missing_field", "unguarded:tracepoint/sched/sched_switch:Tracepoint guarded:tracepoint/sched/sched_switch:Tracepoint")]
    [InlineData("tracing", "on_switch:tp_btf/sched_switch:Tracing -on_write:fentry/vfs_write:Tracing -on_getpgid:ksyscall/getpgid:Kprobe -nowhere:fentry/no_such_function:Tracing")]
    [InlineData("elf_sample", "on_switch:tracepoint/sched/sched_switch:Tracepoint -on_optional:kprobe/optional:Kprobe")]
    public void Programs_come_from_their_sections(string name, string expected) => ObjectFile.Read(name).Programs
        .Select(p => $"{(p.IsAutoLoaded ? "" : "-")}{p.Name}:{p.SectionName}:{p.Type}").Should().Equal(expected.Split(' '));

    [Fact]
    public void A_section_name_decides_attach_type_target_and_flags()
    {
        BpfObjectSpec spec = ObjectFile.Read("tracing");
        spec.Programs["on_switch"].Should().BeEquivalentTo(new { ExpectedAttachType = BpfAttachType.TraceRawTp, AttachPoint = new BpfBtfTarget(BpfAttachType.TraceRawTp, "sched_switch"), Flags = BpfProgramFlags.None });
        spec.Programs["on_write"].Should().BeEquivalentTo(new { ExpectedAttachType = BpfAttachType.TraceFentry, AttachPoint = new BpfBtfTarget(BpfAttachType.TraceFentry, "vfs_write") });
        ObjectFile.Read("sched_lottery").Programs[0].AttachPoint.Should().Be(new BpfTracepoint("sched", "sched_switch"));
        FluentActions.Invoking(() => spec.Programs["missing"]).Should().Throw<KeyNotFoundException>().WithMessage("*'missing'*on_switch, on_write*");
    }

    [Theory]
    [InlineData("globals", """
        .rodata Array 4 17 1 ReadOnlyProgram, Mmapable
        .rodata.limits Array 4 8 1 ReadOnlyProgram, Mmapable
        .data Array 4 16 1 Mmapable
        .data.custom Array 4 4 1 Mmapable
        .bss Array 4 24 1 Mmapable
        numbers Array 4 8 4 None
        runs_per_cpu PercpuArray 4 8 1 None
        events Ringbuf 0 0 4096 None
        inner Array 4 8 1 None
        outer ArrayOfMaps 4 4 2 None
        .kconfig Array 4 8 1 ReadOnlyProgram
        """)]
    [InlineData("maps", """
        shared Hash 4 8 8 NoPrealloc
        steps ProgArray 4 4 4 None
        samples PerfEventArray 4 4 0 None
        events Ringbuf 0 0 5000 None
        first Hash 4 4 2 None
        second Hash 4 4 2 None
        by_number HashOfMaps 4 4 8 None
        """)]
    [InlineData("sched_lottery", """
        .rodata Array 4 160 1 ReadOnlyProgram
        task_map Hash 4 72 16384 None
        """)]
    public void Maps_come_from_btf_and_data_sections(string name, string expected)
    {
        string[] maps = [.. ObjectFile.Read(name).Maps.Select(m => $"{m.Name} {m.Type} {m.KeySize} {m.ValueSize} {m.MaxEntries} {Normal(m.Flags)}")];
        maps.Should().BeEquivalentTo(expected.Split('\n', StringSplitOptions.TrimEntries));

        static string Normal(BpfMapFlags flags) => string.Join(
            ", ", new[] { BpfMapFlags.ReadOnlyProgram, BpfMapFlags.Mmapable, BpfMapFlags.NoPrealloc }.Where(f => flags.HasFlag(f)).Select(f => f.ToString()).DefaultIfEmpty("None"));
    }

    [Fact]
    public void Maps_of_maps_and_programs_know_what_fills_their_slots()
    {
        BpfObjectSpec globals = ObjectFile.Read("globals");
        globals.Maps["outer"].Inner.Should().BeEquivalentTo(new { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1u });
        globals.Maps["outer"].Slots.Should().ContainSingle().Which.Should().Match<KeyValuePair<int, BpfSlotValue>>(s => s.Key == 1 && s.Value.Map!.Name == "inner");

        BpfObjectSpec maps = ObjectFile.Read("maps");
        maps.Maps["by_number"].Slots.Select(s => (s.Key, s.Value.Map!.Name)).Should().Equal((3, "second"), (5, "first"));
        maps.Maps["steps"].Slots.Select(s => (s.Key, s.Value.Program!.Name)).Should().Equal((2, "last_step"));
        maps.Maps.Where(m => m.IsPinnedByName).Select(m => m.Name).Should().Equal("shared");
    }

    [Fact]
    public void Variables_have_their_place_size_and_value_and_can_be_changed()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Variables.Select(v => $"{v.Name}:{v.Map.Name}:{v.Size}").Should().BeEquivalentTo(
            "multiplier:.rodata:4", "enabled:.rodata:1", "limit:.rodata.limits:8", "counter:.data:8", "range:.data:8", "custom:.data.custom:4",
            "total:.bss:8", "history:.bss:16");
        spec.Variables["multiplier"].Get<uint>().Should().Be(3);
        spec.Variables["limit"].Get<ulong>().Should().Be(1_000_000_000_000);
        spec.Variables["counter"].Get<ulong>().Should().Be(40);
        spec.Variables["range"].Get<(int, int)>().Should().Be((-5, 5));
        spec.Variables["total"].Get<ulong>().Should().Be(0);
        spec.Btf![new BtfTypeId(spec.Variables["counter"].BtfTypeId)].Name.ToString().Should().Be("u64");

        spec.Variables["counter"].Set(7UL);
        spec.Variables["counter"].Get<ulong>().Should().Be(7);
        spec.Maps[".data"].InitialValue.Span.IndexOf(BitConverter.GetBytes(7UL)).Should().Be(spec.Variables["counter"].Offset);
        FluentActions.Invoking(() => spec.Variables["counter"].Get<int>()).Should().Throw<ArgumentException>().WithMessage("*'counter' has 8 bytes*");
    }

    [Theory]
    [InlineData("globals", "LINUX_KERNEL_VERSION:KernelConfig CONFIG_NO_SUCH_OPTION:KernelConfig:weak no_such_symbol:SymbolAddress:weak")]
    [InlineData("ksyms", "bpf_task_from_pid:KernelFunction bpf_task_release:KernelFunction bpf_throw:KernelFunction no_such_function:KernelFunction:weak bpf_task_acquire:KernelFunction:weak runqueues:KernelVariable no_such_variable:KernelVariable:weak _stext:SymbolAddress")]
    public void Externs_are_told_apart(string name, string expected) => ObjectFile.Read(name).Externs
        .Select(e => $"{e.Name}:{e.Kind}{(e.IsWeak ? ":weak" : "")}").Should().BeEquivalentTo(expected.Split(' '));

    [Fact]
    public void Functions_have_code_and_source_lines()
    {
        BpfObjectSpec spec = ObjectFile.Read("missing_field");
        BpfFunction unguarded = spec.Programs["unguarded"].Function;
        unguarded.SectionOffset.Should().Be(0);
        unguarded.Instructions.Span[^1].IsExit.Should().BeTrue();
        string[] source = File.ReadAllLines(TestData.PathOf("testdata/bpf/missing_field.bpf.c"));
        BpfSourceLine line = unguarded.SourceLineOf(unguarded.Instructions.Length - 1)!;
        source[line.Line - 1].Trim().Should().Be(line.Text);
        line.File.Should().EndWith("missing_field.bpf.c");

        ObjectFile.Read("globals").Functions.Where(f => f.IsSubprogram).Select(f => f.Name).Should().BeEquivalentTo("times", "plus_range", "add_number");
    }

    [Fact]
    public void What_cannot_be_an_object_is_refused_with_the_reason()
    {
        Refused("no_btf").WithMessage("*no BTF*").Which.Hint.Should().Contain("-g");
        FluentActions.Invoking(() => BpfObjectSpec.Read(typeof(BpfObjectSpecTests).Assembly.Location)).Should().Throw<ElfFormatException>();
        FluentActions.Invoking(() => BpfObjectSpec.Read(Environment.ProcessPath!)).Should().Throw<EbpfException>();

        static FluentAssertions.Specialized.ExceptionAssertions<BpfObjectFormatException> Refused(string name) =>
            FluentActions.Invoking(() => ObjectFile.Read(name)).Should().Throw<BpfObjectFormatException>();
    }

    [Theory]
    [InlineData("sched_lottery", "vmlinux-5.10.0-46-cloud-amd64", true)]
    [InlineData("sched_lottery", "vmlinux-7.2.13-amd64", true)]
    [InlineData("missing_field", "vmlinux-7.2.13-amd64", true)]
    [InlineData("big_endian", "vmlinux-7.2.13-s390x", true)]
    public void Relocating_changes_a_copy_and_answers_every_record(string name, string target, bool succeeds)
    {
        BpfObjectSpec spec = ObjectFile.Read(name);
        BpfInstruction[][] before = [.. spec.Functions.Select(f => f.Instructions.ToArray())];
        BpfObjectRelocation relocation = spec.Relocate(new CoreTarget(BtfSpec.Parse(TestData.Btf(target), new BtfReadOptions { PointerSize = 8 })));
        relocation.Succeeded.Should().Be(succeeds);
        relocation.Functions.Sum(f => f.Results.Count).Should().Be(spec.BtfExt!.CoreRelocations.Count);
        spec.Functions.Select(f => f.Instructions.ToArray()).Should().BeEquivalentTo(before, o => o.WithStrictOrdering());
    }

    [Fact]
    public void Programs_left_out_are_not_relocated()
    {
        BpfObjectSpec spec = ObjectFile.Read("missing_field");
        spec.Programs["guarded"].IsAutoLoaded = false;
        var target = new CoreTarget(spec.Btf!);
        BpfObjectRelocation relocation = spec.Relocate(target, includeOptional: false);
        relocation[spec.Programs["unguarded"].Function].Results.Should().NotBeEmpty();
        relocation[spec.Programs["guarded"].Function].Results.Should().BeEmpty();
        relocation[spec.Programs["unguarded"].Function].Instructions.Should().Equal(spec.Programs["unguarded"].Function.Instructions.ToArray(), "against its own types nothing changes");
    }

    [Fact]
    public void A_foreign_byte_order_is_read_as_it_means()
    {
        BpfObjectSpec spec = ObjectFile.Read("big_endian");
        spec.ByteOrder.Should().Be(ElfByteOrder.BigEndian);
        spec.Maps["counts"].Should().BeEquivalentTo(new { Type = BpfMapType.Hash, MaxEntries = 258u, KeySize = 4, ValueSize = 8 });
        spec.Variables["wanted"].InitialBytes.ToArray().Should().Equal([1, 2, 3, 4], "values keep the order of the machine they are for");
        spec.Functions.Single(f => f.Name == "add").Instructions.Span[^1].IsExit.Should().BeTrue();
        spec.Programs[0].Function.Relocations.Select(r => r.Kind).Should().BeEquivalentTo([BpfRelocationKind.Data, BpfRelocationKind.Map, BpfRelocationKind.Call]);
        spec.Programs[0].Function.SourceLineOf(0)!.Text.Should().Contain("bpf_get_current_task");
    }

    [Theory]
    [InlineData("/tmp/a.bpf.o", "a")]
    [InlineData("plain", "plain")]
    [InlineData(".hidden.o", ".hidden")]
    [InlineData(".o", ".o")]
    [InlineData("", "")]
    public void An_object_is_called_after_its_file_up_to_the_first_dot(string file, string name)
    {
        BpfObjectSpec spec = BpfObjectSpec.Parse(ObjectFile.Bytes("globals"), file);

        spec.Name.Should().Be(name);
        spec.ToString().Should().Be(name);
        ObjectFile.Read("globals").ToString().Should().Be(ObjectFile.PathOf("globals"));
    }

    [Fact]
    public void Lists_are_read_by_name_and_say_what_there_is()
    {
        var list = new BpfNamedList<string>("map", Enumerable.Range(1, 21).Select(i => $"{i}a").Append("2b"), item => item[..^1]);

        list.Should().HaveCount(22);
        (list[1], list["2"], list[21]).Should().Be(("2a", "2a", "2b"), "of several with one name the first is found");
        list.TryGet("22", out _).Should().BeFalse();
        list.Invoking(all => all["22"]).Should().Throw<KeyNotFoundException>().WithMessage("There is no map '22'; there is 1, 2, *, 19, 20, ….");
        new BpfNamedList<string>("map", ["1a"], item => item[..^1]).Invoking(all => all["2"]).Should().Throw<KeyNotFoundException>().WithMessage("There is no map '2'; there is 1.");
        new BpfNamedList<string>("program", [], item => item).Invoking(all => all["2"]).Should().Throw<KeyNotFoundException>()
            .WithMessage("There is no program '2': the object has none at all.");
        FluentActions.Invoking(() => new BpfNamedList<string>("map", [], null!)).Should().Throw<ArgumentNullException>();
        ((System.Collections.IEnumerable)list).Cast<string>().Should().Equal(list);
    }

    [Theory]
    [InlineData("a.o", "maps", 8, "a.o: section maps at byte 8: it is damaged")]
    [InlineData("a.o", "maps", 0, "a.o: section maps at byte 0: it is damaged")]
    [InlineData("a.o", "maps", -1, "a.o: section maps: it is damaged")]
    [InlineData("a.o", null, 8, "a.o: it is damaged")]
    [InlineData(null, null, -1, "it is damaged")]
    public void A_defect_is_told_with_file_section_and_place(string? file, string? section, long offset, string message) =>
        new BpfObjectFormatException("it is damaged", file, section, offset).Message.Should().Be(message);

    [Fact]
    public void A_program_is_named_with_its_section()
    {
        ObjectFile.Read("globals").Programs["on_demand"].ToString().Should().Be("on_demand (raw_tp/sys_enter)");
        ObjectFile.Read("globals").Externs[0].ToString().Should().Be(ObjectFile.Read("globals").Externs[0].Name);
    }

    [Fact]
    public void Sections_of_variables_are_maps_of_one_value()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        static string Described(BpfMapSpec map) => $"{map.Name} {map.Type} {map.KeySize} {map.ValueSize} {map.MaxEntries} {map.Flags} {(map.IsReadOnly ? "constant" : "")} {map.KernelName}";

        spec.Maps.Where(map => map.IsData).Select(Described).Should().BeEquivalentTo(
            ".rodata Array 4 17 1 ReadOnlyProgram, Mmapable constant globals.rodata", ".rodata.limits Array 4 8 1 ReadOnlyProgram, Mmapable constant .rodata.limits",
            ".data Array 4 16 1 Mmapable  globals.data", ".data.custom Array 4 4 1 Mmapable  .data.custom", ".bss Array 4 24 1 Mmapable  globals.bss",
            ".kconfig Array 4 8 1 ReadOnlyProgram constant globals.kconfig");
        spec.Btf![new BtfTypeId(spec.Maps[".data"].BtfValueTypeId)].Name.ToString().Should().Be(".data");
        spec.Maps[".kconfig"].InitialValue.ToArray().Should().Equal(new byte[8]);
        spec.Maps[".bss"].InitialValue.ToArray().Should().Equal(new byte[24]);
        spec.Maps.Where(map => !map.IsData).Should().OnlyContain(map => map.InitialValue.IsEmpty && !map.IsReadOnly);
        spec.Maps.Should().OnlyContain(map => map.Btf == spec.Btf && map.IsAutoAttached && map.IsAutoCreated);
        spec.Maps["outer"].Inner!.Btf.Should().BeSameAs(spec.Btf);

        BpfObjectSpec arena = ObjectFile.Read("arena");
        arena.Maps["arena"].InitialValue.ToArray().Should().Equal([40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "arena\0\0\0"u8]);
        arena.Variables.Select(variable => $"{variable.Name} {variable.Offset} {variable.Size}").Should().Equal("counter 0 8", "head 8 8", "text 16 8");
    }

    [Fact]
    public void Programs_have_the_flags_of_their_sections()
    {
        static BpfProgramSpec Program(string section) => new(OwnObject.Code("main", section, 0, []), section, optional: false);

        (Program("uprobe.s/a:b").Flags, Program("xdp.frags").Flags, Program("xdp").Flags).Should().Be((BpfProgramFlags.Sleepable, BpfProgramFlags.XdpHasFrags, BpfProgramFlags.None));
        (Program("uprobe.s/a:b").Definition!.Prefix, Program("own").Definition, Program("own").Type).Should().Be(("uprobe.s", null, BpfProgramType.Unspec));
        (Program("xdp").IsAutoAttached, Program("xdp").IsAutoLoaded, new BpfProgramSpec(OwnObject.Code("main", "xdp", 0, []), "xdp", optional: true).IsAutoLoaded).Should().Be((true, true, false));
    }

    [Fact]
    public void A_defect_is_told_of_the_file_or_of_the_name_that_was_given()
    {
        FluentActions.Invoking(() => ObjectFile.Read("no_btf")).Should().Throw<BpfObjectFormatException>().Which.File.Should().Be(ObjectFile.PathOf("no_btf"));
        FluentActions.Invoking(() => BpfObjectSpec.Parse(ObjectFile.Bytes("no_btf"), "memory.o")).Should().Throw<BpfObjectFormatException>().WithMessage("memory: *").Which.File.Should().Be("memory");
        FluentActions.Invoking(() => BpfObjectSpec.Parse(ObjectFile.Bytes("no_btf"), "memory.o")).Should().Throw<BpfObjectFormatException>();
        ObjectFile.Read("globals").Btf!.Source.Should().Be($"{ObjectFile.PathOf("globals")} (.BTF)");
        BpfObjectSpec.Parse(ObjectFile.Bytes("globals"), "memory").Btf!.Source.Should().Be(".BTF");
    }

    [Fact]
    public void A_variable_takes_only_types_of_its_size_and_layout()
    {
        BpfVariableSpec counter = ObjectFile.Read("globals").Variables["counter"];

        counter.Get<ulong>().Should().Be(40);
        counter.Invoking(variable => variable.Get<uint>()).Should().Throw<ArgumentException>().WithMessage("Variable 'counter' has 8 bytes, UInt32 has 4.");
        counter.Get<ulong>().Should().Be(40, "what was checked before holds");
        counter.Invoking(variable => variable.Set(4u)).Should().Throw<ArgumentException>();
    }
}
