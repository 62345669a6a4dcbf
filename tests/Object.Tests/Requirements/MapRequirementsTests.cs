using P3Ebpf.Object.Requirements;

namespace P3Ebpf.Object.Tests;

/// <summary>What maps need, by the BTF of a kernel that knows one thing of each sort.</summary>
public sealed class MapRequirementsTests
{
    /// <summary>Hashes and arrays, two flags, timers.</summary>
    private static BtfBuilder Kernel()
    {
        var types = new BtfBuilder();
        _ = types.AddEnum("bpf_map_type", 4, isSigned: false, ("BPF_MAP_TYPE_UNSPEC", 0), ("BPF_MAP_TYPE_HASH", 1), ("BPF_MAP_TYPE_ARRAY", 2), ("__MAX_BPF_MAP_TYPE", 27));
        _ = types.AddEnum(default, 4, isSigned: false, ("OTHER", 0), ("BPF_F_NO_PREALLOC", 1 << 13));
        _ = types.AddEnum(default, 4, isSigned: false, ("BPF_F_NO_PREALLOC", 1), ("BPF_F_NUMA_NODE", 4));
        _ = types.AddStruct("bpf_timer", 16);
        return types;
    }

    private static string[] Of(BpfMapSpec map, BtfBuilder kernel, BtfSpec? own = null)
    {
        BtfSpec types = kernel.ToSpec();
        return [.. new MapRequirements(OwnObject.Of(own), new CoreTarget(types), TargetEnums.Of(types)).Of(map).Select(each => $"{each.Status} {each}")];
    }

    private static string[] Of(BpfMapSpec map) => Of(map, Kernel());

    private static BpfMapSpec Map(BpfMapType type, BpfMapFlags flags = BpfMapFlags.None, uint entries = 1) =>
        new("m") { Type = type, KeySize = 4, ValueSize = 8, MaxEntries = entries, Flags = flags };

    [Fact]
    public void Types_sizes_and_flags_are_asked_for()
    {
        Of(Map(BpfMapType.Hash)).Should().Equal("Met MapType hash: Met");
        Of(Map(BpfMapType.Ringbuf, entries: 4096)).Should().Equal(
            "Missing MapType ringbuf: the kernel has no maps of type ringbuf, which Linux 5.8 brings", "NotKnown MapSize m: who loads it must set the sizes of map 'm'");
        Of(Map(BpfMapType.Array, entries: 0)).Should().Equal("Met MapType array: Met", "NotKnown MapSize m: who loads it must set the sizes of map 'm'");
        Of(Map(BpfMapType.Hash, BpfMapFlags.NoPrealloc | BpfMapFlags.NumaNode | BpfMapFlags.Mmapable)).Should().Equal(
            "Met MapType hash: Met", "Met MapFlag no_prealloc: Met", "Met MapFlag numa_node: Met",
            "Missing MapFlag mmapable: the kernel does not know the map flag mmapable of map 'm', which Linux 5.5 brings");
        Of(Map(BpfMapType.Hash, (BpfMapFlags)(1u << 31))).Should().HaveCount(2, "the highest bit is one too");
    }

    [Fact]
    public void Of_a_kernel_that_lists_nothing_nothing_is_known()
    {
        var kernel = new BtfBuilder();
        _ = kernel.AddEnum(default, 4, isSigned: false);
        _ = kernel.AddEnum("named", 4, isSigned: false, ("BPF_F_NO_PREALLOC", 1));

        Of(Map(BpfMapType.Hash, BpfMapFlags.NoPrealloc), kernel).Should().Equal("NotKnown MapType hash: not known from BTF, which does not list the types of maps");
    }

    [Fact]
    public void What_the_kernel_looks_for_in_values_it_must_know()
    {
        var types = new BtfBuilder();
        BtfTypeId timer = types.AddTypedef("timer", types.AddStruct("bpf_timer", 16)), list = types.AddConst(types.AddStruct("bpf_list_head", 16));
        BtfTypeId other = types.AddStruct("bpf_other", 8), pointer = types.AddPtr(list), union = types.AddUnion("bpf_wq", 8);
        BtfMember Member(string name, BtfTypeId type) => new(name, type, 0, 0);
        BtfTypeId value = types.AddStruct("value", 64, Member("a", timer), Member("b", list), Member("c", other), Member("d", pointer), Member("e", union), Member("f", timer));
        BtfTypeId section = types.AddDataSec(".data", 32, new BtfSectionVariable(types.AddVar("x", list, BtfLinkage.Global), 0, 16), new BtfSectionVariable(types.AddVar("y", timer, BtfLinkage.Global), 16, 16));
        BtfSpec own = types.ToSpec();
        BpfMapSpec map = Map(BpfMapType.Hash);
        const string Missing = "Missing MapField bpf_list_head: the kernel does not know struct bpf_list_head, which the values of map 'm' have";

        map.BtfValueTypeId = value.Value;
        Of(map, Kernel(), own).Should().Equal("Met MapType hash: Met", "Met MapField bpf_timer: Met", Missing);
        map.BtfValueTypeId = union.Value;
        Of(map, Kernel(), own).Should().Equal("Met MapType hash: Met");
        map.BtfValueTypeId = 4000;
        Of(map, Kernel(), own).Should().Equal("Met MapType hash: Met");
        Of(new BpfMapSpec("m") { Type = BpfMapType.Array, IsData = true, Flags = BpfMapFlags.Mmapable, BtfValueTypeId = section.Value }, Kernel(), own)
            .Should().Equal([Missing, "Met MapField bpf_timer: Met"], "loaders see to the rest of what global variables need");
    }

    [Fact]
    public void Inner_maps_are_maps_too()
    {
        BpfMapSpec map = Map(BpfMapType.Hash);
        map.Inner = new BpfMapSpec("m.inner") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 };

        Of(map).Should().Equal("Met MapType hash: Met", "Missing MapType ringbuf: the kernel has no maps of type ringbuf, which Linux 5.8 brings");
    }

    [Theory]
    [InlineData("wide", "member 'name' has 32 bytes here and 16 in the kernel", false)]
    [InlineData("number", "member 'ssthresh' is of kind Int here and Ptr in the kernel", false)]
    [InlineData("bits", "member 'flags' is a bitfield, which cannot be carried over", false)]
    [InlineData("nested", "an anonymous member is not zero", false)]
    [InlineData("no_list", "member 'list' is of kind Ptr here and Struct in the kernel", true)]
    [InlineData("pointer", null, false)]
    [InlineData("incomplete", null, false)]
    [InlineData("twice", "member 'undo_cwnd' is no callback in the kernel", true)]
    public void A_struct_of_callbacks_must_fit_the_kernels(string name, string? misfit, bool isAdvised)
    {
        BpfMapSpec map = ObjectFile.Read("unfit_ops").Maps[name];
        BtfSpec kernel = Callbacks().ToSpec();

        BpfRequirement need = new MapRequirements(OwnObject.Of(), new CoreTarget(kernel), TargetEnums.Of(kernel)).Of(map).First();

        need.Should().BeEquivalentTo(new
        {
            Kind = BpfRequirementKind.StructOps, Name = "tcp_congestion_ops", NeededBy = name, Effect = BpfRequirementEffect.Loading,
            Status = misfit is null ? BpfRequirementStatus.Met : BpfRequirementStatus.Different,
            Message = misfit is null ? null : $"struct tcp_congestion_ops of map '{name}': {misfit}",
        });
        (need.Suggestion is not null).Should().Be(isAdvised);
    }

    [Fact]
    public void What_is_not_set_may_be_missing_or_other()
    {
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        foreach (string name in new[] { "bits", "nested" })
        {
            spec.Maps[name].StructOps!.InitialBytes.Clear();
            Of(spec.Maps[name], Callbacks())[0].Should().Be("Met StructOps tcp_congestion_ops: Met");
        }

        BpfStructOpsSpec unknown = spec.Maps["unknown_too"].StructOps!;
        var kernel = new BtfBuilder();
        _ = kernel.AddStruct("bpf_struct_ops_no_such_ops", 4);
        Of(spec.Maps["unknown_too"], kernel)[0].Should().Be(
            "Missing StructOps no_such_ops: the kernel takes no struct no_such_ops of callbacks: its BTF has no bpf_struct_ops_no_such_ops; a module that was not given may have it");
        _ = kernel.AddStruct("no_such_ops", 4);
        Of(spec.Maps["unknown_too"], kernel)[0].Should().EndWith("struct no_such_ops of map 'unknown_too': the kernel's has no member 'number', which is set here");
        unknown.Set("number", 0);
        Of(spec.Maps["unknown_too"], kernel)[0].Should().Be("Met StructOps no_such_ops: Met");
    }

    [Fact]
    public void A_kernel_whose_modules_are_known_has_it_nowhere_else()
    {
        BtfSpec kernel = new BtfBuilder().ToSpec();

        new MapRequirements(OwnObject.Of(), CoreTarget.Kernel(kernel, () => []), TargetEnums.Of(kernel)).Of(ObjectFile.Read("unfit_ops").Maps["unknown"]).First()
            .Message.Should().EndWith("its BTF has no bpf_struct_ops_no_such_ops");
    }

    /// <summary>What the kernel has of <c>struct tcp_congestion_ops</c>, as far as the structs of the object speak of it.</summary>
    private static BtfBuilder Callbacks()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("unsigned int", 4), character = types.AddInt("char", 1, BtfIntEncoding.Char);
        BtfTypeId callback = types.AddPtr(types.AddFuncProto(number)), pointer = types.AddPtr(BtfTypeId.Void), list = types.AddStruct("list_head", 16);
        _ = types.AddStruct(
            "tcp_congestion_ops", 64, new BtfMember("ssthresh", types.AddTypedef("callback_t", callback), 0, 0), new BtfMember("undo_cwnd", pointer, 64, 0),
            new BtfMember("name", types.AddArray(character, number, 16), 128, 0), new BtfMember("flags", number, 256, 0), new BtfMember("key", number, 288, 0),
            new BtfMember("owner", types.AddPtr(list), 320, 0), new BtfMember("list", list, 384, 0));
        _ = types.AddStruct("bpf_struct_ops_tcp_congestion_ops", 64);
        return types;
    }
}
