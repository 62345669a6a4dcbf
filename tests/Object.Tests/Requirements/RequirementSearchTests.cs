using P3Ebpf.Object.Requirements;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;
using static P3Ebpf.Object.Tests.OwnObject;

namespace P3Ebpf.Object.Tests;

/// <summary>What objects of a test's own need of kernels of a test's own.</summary>
public sealed class RequirementSearchTests
{
    private const string Elsewhere = "; a module that was not given may have it";

    private static readonly BtfBuilder Own = new();
    private static readonly BtfTypeId Int = Own.AddInt("int", 4, BtfIntEncoding.Signed);
    private static readonly BtfTypeId Find = Own.AddFunc("find_task", Own.AddFuncProto(Int, new BtfParameter("number", Int)), BtfLinkage.Extern);
    private static readonly BtfSpec Types = Own.ToSpec();

    private static BpfExternSpec Function(string name = "find_task", bool isWeak = false) => new(name, BpfExternKind.KernelFunction, Find.Value, isWeak);

    private static BpfExternSpec Variable(bool isWeak = false) => new("run_queues", BpfExternKind.KernelVariable, Int.Value, isWeak);

    /// <summary>A kernel with two types of numbers and what a test wants besides.</summary>
    private static BtfSpec Kernel(Action<BtfBuilder, BtfTypeId, BtfTypeId> add)
    {
        var types = new BtfBuilder();
        add(types, types.AddInt("int", 4, BtfIntEncoding.Signed), types.AddPtr(types.AddStruct("rq", 0)));
        return types.ToSpec();
    }

    /// <summary>The kernel has the function, with so many parameters, and marks some as those that programs may call.</summary>
    private static BtfSpec KernelWithFunction(int parameters = 1, params string[] marked) => Kernel((types, number, _) =>
    {
        BtfTypeId prototype = types.AddFuncProto(number, [.. Enumerable.Range(0, parameters).Select(_ => new BtfParameter("number", number))]);
        foreach (string name in new[] { "find_tasks", "find_task", "release_task" })
        {
            BtfTypeId function = types.AddFunc(name, prototype, BtfLinkage.Static);
            if (marked.Contains(name))
                _ = types.AddDeclTag("bpf_kfunc", function);
        }
    });

    private static BpfTargetAssessment Assess(BtfSpec kernel, BpfExternSpec[] externs, params BpfFunction[] functions) =>
        BpfTargetAssessment.Of(OwnObject.Of(Types, functions: functions, externs: externs), new CoreTarget(kernel));

    private static BpfRequirement Need(BtfSpec kernel, BpfExternSpec item, bool isCalled = false) =>
        Assess(kernel, [item], isCalled ? [Calling(item)] : []).Requirements.Single(need => need.NeededBy == item.Name);

    private static BpfFunction Calling(BpfExternSpec item) => Code("main", "socket", 0, [CallKernelFunction(default), Exit()], new BpfRelocation(0, BpfRelocationKind.ExternCall, Extern: item));

    [Fact]
    public void A_function_of_the_kernel_must_be_there_with_its_prototype()
    {
        Need(KernelWithFunction(), Function()).Should().Be(new BpfRequirement(BpfRequirementKind.KernelFunction, "find_task", "find_task", BpfRequirementStatus.Met, BpfRequirementEffect.None));
        Need(KernelWithFunction(), Function("find_task___new")).Status.Should().Be(BpfRequirementStatus.Met, "a flavour is for the object alone");
        Need(KernelWithFunction(), Function("find_takss")).Should().Be(new BpfRequirement(
            BpfRequirementKind.KernelFunction, "find_takss", "find_takss", BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
            $"the BTF has no kernel function 'find_takss'{Elsewhere}", "Similar: find_tasks, find_task."));
        BpfRequirement other = Need(KernelWithFunction(parameters: 2), Function());
        (other.Status, other.Effect).Should().Be((BpfRequirementStatus.Different, BpfRequirementEffect.Loading));
        other.Message.Should().StartWith("kernel function 'find_task' has another prototype: the kernel has 'int find_task(int number, int number)'").And.EndWith("the object's lacks argument 2 ('int')");
        other.Suggestion.Should().StartWith("Declare it as the kernel does").And.Contain("find_task___old");
    }

    [Fact]
    public void A_variable_of_the_kernel_must_be_there_with_its_type()
    {
        static BtfSpec With(bool isNumber) => Kernel((types, number, pointer) => _ = types.AddVar("run_queues", isNumber ? number : pointer, BtfLinkage.Global));

        Need(With(isNumber: true), Variable()).Should().Be(new BpfRequirement(BpfRequirementKind.KernelVariable, "run_queues", "run_queues", BpfRequirementStatus.Met, BpfRequirementEffect.None));
        Need(With(isNumber: false), Variable()).Should().Be(new BpfRequirement(
            BpfRequirementKind.KernelVariable, "run_queues", "run_queues", BpfRequirementStatus.Different, BpfRequirementEffect.Loading, "variable 'run_queues' is 'struct rq *' there and 'int' here"));
        Need(KernelWithFunction(), Variable()).Message.Should().Be($"the BTF has no variable 'run_queues'{Elsewhere}");
        Need(KernelWithFunction(), Variable(isWeak: true)).Effect.Should().Be(BpfRequirementEffect.None);
    }

    [Fact]
    public void What_is_weak_and_missing_counts_where_it_is_called()
    {
        BtfSpec none = Kernel((_, _, _) => { });

        Need(none, Function(isWeak: true)).Effect.Should().Be(BpfRequirementEffect.None);
        Need(none, Function(isWeak: true), isCalled: true).Effect.Should().Be(BpfRequirementEffect.Loading);
        Need(KernelWithFunction(parameters: 2), Function(isWeak: true), isCalled: true).Effect.Should().Be(BpfRequirementEffect.Loading);
        Need(KernelWithFunction(), Function(isWeak: true), isCalled: true).Effect.Should().Be(BpfRequirementEffect.None);

        // if (find_task) find_task(1);
        BpfExternSpec item = Function(isWeak: true);
        BpfFunction guarded = Code(
            "main", "socket", 0, [.. Load64(R1, 0), JumpIfImmediate(BpfJumpOperation.Jeq, R1, 0, 1), CallKernelFunction(default), Exit()], new(0, BpfRelocationKind.ExternLoad, Extern: item),
            new(3, BpfRelocationKind.ExternCall, Extern: item));
        Assess(none, [item], guarded).Requirements.Single(need => need.NeededBy == item.Name).Effect.Should().Be(BpfRequirementEffect.None);
        Assess(none, [item], guarded).Verdict.Should().NotBe(BpfTargetVerdict.LacksRequirement);
    }

    [Theory]
    [InlineData("main calls first; first calls second; second asks", true)]
    [InlineData("main calls first; main calls first; first asks", true)]
    [InlineData("main passes first; first asks", true)]
    [InlineData("first asks", false)]
    [InlineData("main calls first; second asks", false)]
    public void What_subprograms_call_counts_where_a_program_reaches_them(string calls, bool isReached)
    {
        BpfExternSpec item = Function(isWeak: true);
        Dictionary<string, List<BpfInstruction>> code = new() { ["main"] = [], ["first"] = [], ["second"] = [] };
        Dictionary<string, List<BpfRelocation>> relocations = new() { ["main"] = [], ["first"] = [], ["second"] = [] };
        foreach (string[] words in calls.Split("; ").Select(call => call.Split(' ')))
        {
            List<BpfInstruction> own = code[words[0]];
            int symbol = words is [.., "second"] ? 8 * BpfInstruction.Length : 0;
            relocations[words[0]].Add(words[1] switch
            {
                "asks" => new(own.Count, BpfRelocationKind.ExternCall, Extern: item),
                "calls" => new(own.Count, BpfRelocationKind.Call, symbol),
                _ => new(own.Count, BpfRelocationKind.SubprogramAddress, symbol),
            });
            own.AddRange(words[1] switch { "asks" => [CallKernelFunction(default)], "calls" => [CallSubprogram(-1)], _ => LoadFunction(R1, 0) });
        }

        BpfFunction[] functions =
        [
            .. code.Select((each, i) => Code(each.Key, each.Key == "main" ? "socket" : ".text", each.Key == "second" ? 8 : 0, [.. each.Value, Exit()], [.. relocations[each.Key]])),
        ];

        Assess(Kernel((_, _, _) => { }), [item], functions).Requirements.Single(need => need.NeededBy == item.Name).Effect
            .Should().Be(isReached ? BpfRequirementEffect.Loading : BpfRequirementEffect.None);
    }

    [Fact]
    public void Where_a_kernel_marks_what_programs_may_call_another_function_is_doubtful()
    {
        Need(KernelWithFunction(marked: ["find_task"]), Function()).Status.Should().Be(BpfRequirementStatus.Met);
        Need(KernelWithFunction(marked: ["release_task", "find_task"]), Function()).Status.Should().Be(BpfRequirementStatus.Met);
        Need(KernelWithFunction(), Function()).Status.Should().Be(BpfRequirementStatus.Met, "older kernels mark none");
        Need(KernelWithFunction(marked: ["release_task"]), Function()).Should().Be(new BpfRequirement(
            BpfRequirementKind.KernelFunction, "find_task", "find_task", BpfRequirementStatus.NotKnown, BpfRequirementEffect.None,
            "'find_task' exists, and BTF does not mark it as a function that programs may call"));
        Need(KernelWithFunction(marked: ["release_task"]), Function(), isCalled: true).Effect.Should().Be(BpfRequirementEffect.Loading);
    }

    [Theory]
    [InlineData(BpfExternKind.SymbolAddress, "find_task", false, BpfRequirementStatus.Met, BpfRequirementEffect.None, null)]
    [InlineData(BpfExternKind.SymbolAddress, "_stext", false, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, "the kernel's symbols (/proc/kallsyms) tell whether there is _stext")]
    [InlineData(BpfExternKind.SymbolAddress, "_stext", true, BpfRequirementStatus.NotKnown, BpfRequirementEffect.None, "the kernel's symbols (/proc/kallsyms) tell whether there is _stext")]
    [InlineData(BpfExternKind.KernelConfig, "CONFIG_HZ", false, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, "the kernel's configuration tells whether there is CONFIG_HZ")]
    [InlineData(BpfExternKind.KernelConfig, "CONFIG_HZ", true, BpfRequirementStatus.NotKnown, BpfRequirementEffect.None, "the kernel's configuration tells whether there is CONFIG_HZ")]
    public void Addresses_and_options_only_a_running_kernel_tells(
        BpfExternKind kind, string name, bool isWeak, BpfRequirementStatus status, BpfRequirementEffect effect, string? message)
    {
        BpfRequirement need = Need(KernelWithFunction(), new BpfExternSpec(name, kind, 0, isWeak));

        need.Should().Be(new BpfRequirement(
            kind == BpfExternKind.SymbolAddress ? BpfRequirementKind.KernelSymbol : BpfRequirementKind.KernelConfiguration, name, name, status, effect, message));
        need.ToString().Should().Be(message is null ? "KernelSymbol find_task: Met" : $"{need.Kind} {name}: {message}");
    }

    [Fact]
    public void What_loaders_find_out_by_themselves_is_no_need() =>
        Assess(KernelWithFunction(), [new BpfExternSpec("LINUX_KERNEL_VERSION", BpfExternKind.KernelConfig, 0, isWeak: false)]).Requirements.Should().BeEmpty();

    [Fact]
    public void Types_of_programs_and_of_attaching_are_asked_for()
    {
        BtfSpec kernel = Kernel((types, _, _) =>
        {
            _ = types.AddEnum("bpf_prog_type", 4, isSigned: false, ("BPF_PROG_TYPE_SOCKET_FILTER", 1), ("BPF_PROG_TYPE_XDP", 6));
            _ = types.AddEnum("bpf_attach_type", 4, isSigned: false, ("BPF_CGROUP_INET_INGRESS", 0));
        });
        string[] Needs(string section) =>
        [
            .. Assess(kernel, [], Code("main", section, 0, [Exit()])).Requirements.Where(need => need.Kind is BpfRequirementKind.ProgramType or BpfRequirementKind.AttachType)
                .Select(need => $"{need.Status} {need.Effect} {need}"),
        ];

        Needs("socket").Should().Equal("Met Loading ProgramType socket_filter: Met");
        Needs("xdp").Should().Equal(["Met Loading ProgramType xdp: Met"], "kernels that do not know its attach type do without");
        Needs("xdp/devmap").Should().Equal(
            "Met Loading ProgramType xdp: Met", "Missing Loading AttachType xdp_devmap: the kernel does not know the attach type xdp_devmap, which Linux 5.7 brings");
        Needs("sk_lookup").Should().Equal(
            "Missing Loading ProgramType sk_lookup: the kernel has no programs of type sk_lookup, which Linux 5.9 brings",
            "Missing Loading AttachType sk_lookup: the kernel does not know the attach type sk_lookup, which Linux 5.9 brings");
        BpfRequirement unknown = Assess(KernelWithFunction(), [], Code("main", "socket", 0, [Exit()])).Requirements[0];
        (unknown.Status, unknown.Message).Should().Be((BpfRequirementStatus.NotKnown, "not known from BTF, which does not list what socket_filter belongs to"));
    }

    [Theory]
    [InlineData("cgroup/connect", "Perhaps SEC(\"cgroup/connect4\") or SEC(\"cgroup/connect6\")*.")]
    [InlineData("of_ones_own", null)]
    public void A_section_that_tells_nothing_may_be_misspelt(string section, string? suggestion)
    {
        BpfRequirement need = Assess(KernelWithFunction(), [], Code("main", section, 0, [Exit()])).Requirements.Single();

        (need.Kind, need.Status, need.Effect, need.Message).Should().Be(
            (BpfRequirementKind.SectionName, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading, $"the section name of main, {section}, tells no type of program"));
        if (suggestion is null)
            need.Suggestion.Should().BeNull();
        else
            need.Suggestion.Should().Match(suggestion);
    }

    [Theory]
    [InlineData(0, 0, 0, null, BpfRequirementEffect.Loading)]
    [InlineData(4, 3, 0, null, BpfRequirementEffect.Loading)]
    [InlineData(4, 4, 0, "main refers to byte 8 of .data, which has 8", BpfRequirementEffect.Loading)]
    [InlineData(-1, 0, 0, "main refers to byte -1 of .data, which has 8", BpfRequirementEffect.Loading)]
    [InlineData(8, 0, 1, "main refers to byte 8 of .data, which has 8", BpfRequirementEffect.None)]
    public void Variables_must_lie_in_the_values_that_hold_them(int immediate, int symbol, int skipped, string? message, BpfRequirementEffect effect)
    {
        var data = new BpfMapSpec(".data") { IsData = true, ValueSize = 8 };
        BpfInstruction[] code = [.. Enumerable.Repeat(Jump(2), skipped), .. Load64(R1, unchecked((ulong)immediate)), Exit()];
        BpfFunction main = Code("main", "socket", 0, code, new BpfRelocation(skipped, BpfRelocationKind.Data, symbol, data));

        BpfRequirement? need = Assess(KernelWithFunction(), [], main).Requirements.SingleOrDefault(each => each.Kind == BpfRequirementKind.Variable);

        (need?.Message, need?.Suggestion).Should().Be((message, null), "no compiler is known that did it");
        (need?.Effect ?? effect).Should().Be(effect);
        (need?.Name ?? $".data+{immediate + symbol}").Should().Be($".data+{immediate + symbol}");
    }

    [Theory]
    [InlineData("GCC: (GNU) 12.2.0", true)]
    [InlineData("clang version 19", false)]
    public void Old_assemblers_are_known_to_misplace_variables(string producer, bool isKnown)
    {
        var data = new BpfMapSpec(".data") { IsData = true, ValueSize = 8 };
        BpfFunction main = Code("main", "socket", 0, [.. Load64(R1, 9), Exit()], new BpfRelocation(0, BpfRelocationKind.Data, 0, data));
        BpfObjectSpec spec = OwnObject.Of(Types, functions: [main], producer: producer);

        BpfTargetAssessment.Of(spec, new CoreTarget(KernelWithFunction())).Requirements.Single(each => each.Kind == BpfRequirementKind.Variable).Suggestion.Should().Be(
            isKnown ? "The assembler of old GCC counts the place of a variable twice: use a newer GCC and binutils, or clang." : null);
    }

    [Fact]
    public void A_jump_table_is_a_map_that_the_loader_makes()
    {
        BpfFunction main = Code("main", "socket", 0, [.. Load64(R1, 0), Exit()], new BpfRelocation(0, BpfRelocationKind.JumpTable, Targets: [2]));
        BtfSpec kernel = Kernel((types, _, _) => _ = types.AddEnum("bpf_map_type", 4, isSigned: false, ("BPF_MAP_TYPE_HASH", 1)));

        BpfRequirement need = Assess(kernel, [], main).Requirements.Single(each => each.Kind == BpfRequirementKind.MapType);

        (need.Name, need.NeededBy, need.Status).Should().Be(("insn_array", "main", BpfRequirementStatus.Missing));
    }

    [Fact]
    public void What_does_not_run_is_told_by_the_worst_that_is_known()
    {
        BtfSpec kernel = KernelWithFunction(parameters: 2);
        BpfExternSpec weak = Function(isWeak: true), strong = Function(), option = new("CONFIG_HZ", BpfExternKind.KernelConfig, 0, isWeak: true);

        Assess(kernel, [weak]).Verdict.Should().Be(BpfTargetVerdict.RunsWithoutMissing);
        Assess(kernel, [weak]).Decisive.Should().BeNull("it has no effect");
        Assess(kernel, [strong]).Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
        Assess(kernel, [weak, option], Calling(weak)).Verdict.Should().Be(BpfTargetVerdict.DependsOnConfiguration);
        Assess(kernel, [weak, option], Calling(weak)).Decisive!.Effect.Should().Be(BpfRequirementEffect.LoadingUnlessConfigured);
        Assess(kernel, [option]).Verdict.Should().Be(BpfTargetVerdict.Runs);
        Assess(kernel, [weak, Variable()]).Decisive!.Name.Should().Be("run_queues");
    }

    private static IEnumerable<string> Told(BpfRequirementKind kind, string section, string license, params BpfInstruction[] code) =>
        BpfTargetAssessment.Of(OwnObject.Of(functions: [Code("main", section, 0, [.. code, Exit()])], license: license), new CoreTarget(KernelWithFunction())).Requirements
            .Where(need => need.Kind == kind).Select(need => $"{need.Name} {need.Effect}: {need.Message}");

    [Fact]
    public void What_is_for_the_GPL_needs_a_licence_that_is_compatible()
    {
        BpfInstruction gpl = Call(BpfHelper.ProbeReadKernel), free = Call(BpfHelper.MapLookupElem);

        Told(BpfRequirementKind.License, "kprobe", "Proprietary", gpl, free, gpl).Should().Equal(
            "bpf_probe_read_kernel Loading: bpf_probe_read_kernel is for programs under a licence compatible with the GPL, and its is Proprietary");
        Told(BpfRequirementKind.License, "kprobe", "", gpl).Should().ContainSingle().Which.Should().EndWith("and it names none");
        Told(BpfRequirementKind.License, "kprobe", "Proprietary", Jump(1), gpl).Should().ContainSingle().Which.Should().StartWith("bpf_probe_read_kernel None:");
        Told(BpfRequirementKind.License, "kprobe", "Proprietary", free).Should().BeEmpty();
        foreach (string license in new[] { "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" })
            Told(BpfRequirementKind.License, "struct_ops/init", license, gpl).Should().BeEmpty();
        Told(BpfRequirementKind.License, "struct_ops/init", "MIT").Should().Equal("struct_ops Loading: programs of type struct_ops need a licence compatible with the GPL, and its is MIT");
        Told(BpfRequirementKind.License, "lsm/socket_bind", "MIT").Should().ContainSingle();
        Told(BpfRequirementKind.License, "xdp", "MIT").Should().BeEmpty();
    }

    [Fact]
    public void Helpers_are_told_by_name_or_number_with_the_release_that_brings_them()
    {
        BtfSpec kernel = Kernel((types, _, _) => _ = types.AddEnum("bpf_func_id", 4, isSigned: false, ("BPF_FUNC_map_lookup_elem", 1)));
        string[] Helpers(params BpfInstruction[] code) =>
        [
            .. Assess(kernel, [], Code("main", "kprobe", 0, [.. code, Exit()])).Requirements.Where(need => need.Kind == BpfRequirementKind.Helper).Select(need => $"{need.Effect} {need}"),
        ];

        Helpers(Call(BpfHelper.MapLookupElem), Call(BpfHelper.RingbufReserve), Jump(1), Call((BpfHelper)90000)).Should().Equal(
            "Loading Helper bpf_map_lookup_elem: Met", "Loading Helper bpf_ringbuf_reserve: the kernel has no helper 131 (bpf_ringbuf_reserve), which Linux 5.8 brings",
            "None Helper 90000: the kernel has no helper 90000 (unknown)");
        Helpers(Call(BpfHelper.Unspec), CallSubprogram(1), CallKernelFunction(default)).Should().BeEmpty("they are no helpers");
        Helpers([.. Load64(R1, BpfLoadKind.Immediate, 0, 1)]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("fentry/find_tasc", "Missing Loading: the BTF has no function 'find_tasc', to which main (SEC(\"fentry/find_tasc\")) is attached; a module that was not given may have it", "Similar: find_task.")]
    [InlineData("fentry/find_task", "Met Loading: ", null)]
    [InlineData("fentry/xfs:find_task", "Met Loading: ", null)]
    [InlineData("fentry/xfs:xfs_read", "NotKnown Loading: it is a module's, whose BTF was not given", null)]
    [InlineData("fentry/vmlinux:xfs_read", "Missing Loading: *", null)]
    [InlineData("fentry", "NotKnown Loading: who loads it must set what main (SEC(\"fentry\")) is attached to", null)]
    [InlineData("freplace/work", "NotKnown Loading: who loads it must set what main (SEC(\"freplace/work\")) is attached to", null)]
    [InlineData("iter/tasks", "Missing Loading: the BTF has no function 'bpf_iter_tasks', *", null)]
    [InlineData("tp_btf/sched_swich", "Missing Loading: the BTF has no tracepoint 'btf_trace_sched_swich', *", "Similar: sched_switch.")]
    [InlineData("raw_tp/sched_switch", "Met Attaching: ", null)]
    [InlineData("raw_tp/sched_swich", "Missing Attaching: *", "Similar: sched_switch.")]
    [InlineData("tracepoint/sched/sched_switch", "Met Attaching: ", null)]
    [InlineData("tracepoint/sched/other", "Missing Attaching: the BTF has no tracepoint 'btf_trace_other', *", null)]
    [InlineData("kprobe/find_tasc", "Missing Attaching: the BTF has no register_kprobe(): the kernel is built without kprobes (CONFIG_KPROBES)", null)]
    [InlineData("uprobe/libc.so.6:malloc", "NotKnown Attaching: it is of a program or library, not of the kernel", null)]
    [InlineData("xdp", null, null)]
    [InlineData("kprobe", null, null)]
    [InlineData("usdt", null, null)]
    public void What_a_program_is_attached_to_must_be_there(string section, string? told, string? suggestion)
    {
        BtfSpec kernel = Kernel((types, number, pointer) =>
        {
            _ = types.AddFunc("find_task", types.AddFuncProto(number), BtfLinkage.Static);
            _ = types.AddTypedef("btf_trace_sched_switch", pointer);
        });

        BpfRequirement? need = Assess(kernel, [], Code("main", section, 0, [Exit()])).Requirements.SingleOrDefault(each => each.Kind == BpfRequirementKind.AttachTarget);

        string? text = need is null ? null : $"{need.Status} {need.Effect}: {need.Message}";
        if (told is null)
            text.Should().BeNull();
        else
            text.Should().Match(told);
        need?.Suggestion.Should().Be(suggestion);
    }

    [Fact]
    public void A_kernel_whose_modules_are_given_has_it_nowhere_else()
    {
        var target = CoreTarget.Kernel(KernelWithFunction(), () => []);

        BpfTargetAssessment.Of(OwnObject.Of(functions: [Code("main", "fentry/xfs:xfs_read", 0, [Exit()])]), target).Requirements.Single(each => each.Kind == BpfRequirementKind.AttachTarget)
            .Message.Should().EndWith("is attached");
    }
}
