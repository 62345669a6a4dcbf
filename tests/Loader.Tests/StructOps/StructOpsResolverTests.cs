namespace P3Ebpf.Loader.Tests;

/// <summary>What becomes of an object's structs on a kernel that is only described: one whose module has the struct that unfit_ops.bpf.c names.</summary>
public sealed class StructOpsResolverTests : IDisposable
{
    private readonly PlantedMachine _machine = new();

    public StructOpsResolverTests()
    {
        var module = new BtfBuilder(BtfSpec.Parse(PlantedMachine.KernelBtf));
        BtfTypeId number = module.AddInt("planted_int", 4, BtfIntEncoding.Signed);
        BtfTypeId callback = module.AddPtr(module.AddFuncProto(number));
        BtfTypeId ops = module.AddStruct("no_such_ops", 24, Member("other", callback, 0), Member("callback", callback, 8), Member("number", number, 16));
        BtfTypeId common = module.AddStruct("planted_common", 8, Member("state", number, 0));
        _ = module.AddStruct("bpf_struct_ops_no_such_ops", 128, Member("common", common, 0), Member("data", ops, 64));
        _machine.Add("/sys/kernel/btf/planted", module.ToArray());
    }

    public void Dispose() => _machine.Dispose();

    private static BtfMember Member(string name, BtfTypeId type, uint offset) => new(new BtfString(name), type, offset * 8, 0);

    private StructOpsResolver Resolve(BpfObjectSpec spec, params string[] maps)
    {
        foreach (string map in maps)
            spec.Maps[map].IsAutoCreated = true;
        var resolver = new StructOpsResolver(spec, new Kernel(_machine.Root));
        resolver.Resolve();
        return resolver;
    }

    [Fact]
    public void Members_are_found_by_name_in_the_struct_of_a_module()
    {
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        StructOpsResolver resolved = Resolve(spec, "unknown", "unknown_too");

        StructOpsValue value = resolved.Values[spec.Maps["unknown"]];
        value.Type.Module!.Name.Should().Be("planted");
        value.Type.Type.Name.ToString().Should().Be("bpf_struct_ops_no_such_ops");
        value.Bytes.Should().HaveCount(128).And.OnlyContain(b => b == 0);
        value.Callbacks.Should().Equal((64 + 8, spec.Programs["callback"]));

        StructOpsMember member = resolved.Members.Should().ContainSingle().Which.Value;
        (member.Index, member.Name, member.Struct.Type.Name.ToString(), member.Struct.Module!.Name).Should().Be((1, "callback", "no_such_ops", "planted"));

        byte[] other = resolved.Values[spec.Maps["unknown_too"]].Bytes;
        other[64 + 16].Should().Be(1, "a flavour has its own layout");
        other.Count(b => b != 0).Should().Be(1);
    }

    [Fact]
    public void A_program_of_another_object_is_none_of_this_one()
    {
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        spec.Maps["unknown"].StructOps!.SetProgram("callback", ObjectFile.Read("unfit_ops").Programs["callback"]);
        FluentActions.Invoking(() => Resolve(spec, "unknown")).Should().Throw<BpfException>().WithText("*'callback' of another object*");
    }

    [Theory]
    [InlineData("congestion")]
    [InlineData("unfit_ops")]
    public void Damaged_types_get_typed_errors(string name)
    {
        byte[] whole = ObjectFile.Bytes(name);
        using ElfFile elf = ElfFile.Parse(whole.ToArray());
        elf.TryGetSection(".BTF", out ElfSection btf).Should().BeTrue();
        var kernel = new Kernel(_machine.Root);
        int resolved = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] mutant = whole.ToArray();
            for (int i = 0; i < 3; i++)
                mutant[(int)btf.Offset + random.Next((int)btf.Size)] = (byte)random.Next(i == 0 ? 256 : 8);
            try
            {
                BpfObjectSpec spec = BpfObjectSpec.Parse(mutant, name);
                foreach (BpfMapSpec map in spec.Maps)
                    map.IsAutoCreated = seed % spec.Maps.Count == 0 || map == spec.Maps[seed % spec.Maps.Count];
                new StructOpsResolver(spec, kernel).Resolve();
                resolved++;
            }
            catch (Exception e) when (e is BpfException or BpfObjectFormatException or BtfFormatException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}: {e}");
            }
        }

        resolved.Should().BeInRange(30, 2970, "mutants that all fit, or none, test nothing");
    }

    [Fact]
    public void Maps_that_are_not_created_ask_nothing_of_the_kernel() =>
        Resolve(ObjectFile.Read("unfit_ops")).Values.Should().BeEmpty();
}
