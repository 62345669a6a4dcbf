using CsCheck;
using P3Ebpf.Btf;

namespace P3Ebpf.CoRe.Tests.Properties;

/// <summary>What holds of all relocations and instructions; tried on some by chance (<c>CsCheck_Seed</c>, <c>CsCheck_Iter</c>).</summary>
public sealed class CorePropertyTests
{
    private const int Times = 300;

    private static readonly BpfAccessSize[] Sizes = [BpfAccessSize.Byte, BpfAccessSize.HalfWord, BpfAccessSize.Word, BpfAccessSize.DoubleWord];

    [Fact]
    public void Against_its_own_types_every_relocation_gives_what_is_there() => Gen.UInt.List[1, 30].Sample(
        genes =>
        {
            // One string for each access that is asked about; the type names are unique, so that there is one candidate for each.
            BtfBuilder builder = GeneratedBtf.Of(genes, uniqueNames: true);
            uint[] accesses = [.. Enumerable.Range(0, 6).Select(i => builder.AddString($"0:{i}"))];
            uint root = builder.AddString("0");
            BtfSpec spec = BtfSpec.Parse(builder.ToArray(), new BtfReadOptions { PointerSize = 8 });
            var relocator = new CoreRelocator(spec, new CoreTarget(spec));

            foreach (BtfType type in spec.OwnTypes)
            {
                _ = spec.TryGetSize(type.Id, out uint size);
                for (int i = 0; type.IsComposite && i < Math.Min(type.Members.Count, accesses.Length); i++)
                {
                    BtfMember member = type.Members[i];
                    if (member.BitfieldSize != 0)
                        continue;
                    _ = spec.TryGetSize(member.TypeId, out uint memberSize);
                    Expect(type, accesses[i], CoreRelocationKind.FieldByteOffset, member.BitOffset / 8);
                    Expect(type, accesses[i], CoreRelocationKind.FieldByteSize, memberSize);
                    Expect(type, accesses[i], CoreRelocationKind.FieldExists, 1);
                }

                if (!type.IsComposite && type.Kind is not (BtfKind.Typedef or BtfKind.Int))
                    continue;
                Expect(type, root, CoreRelocationKind.TypeIdLocal, type.Id.Value);
                Expect(type, root, CoreRelocationKind.TypeIdTarget, type.Id.Value);
                Expect(type, root, CoreRelocationKind.TypeExists, 1);
                Expect(type, root, CoreRelocationKind.TypeMatches, 1);
                Expect(type, root, CoreRelocationKind.TypeSize, size);
            }

            void Expect(BtfType type, uint access, CoreRelocationKind kind, ulong value)
            {
                BpfInstruction[] code = BpfInstruction.Load64(BpfRegister.R1, value);
                CoreRelocationResult result = relocator.Relocate(new CoreRelocationRecord(0, type.Id, access, kind), code, 0);
                result.Outcome.Should().Be(CoreRelocationOutcome.Applied, $"{result} {kind} {result.Message}");
                result.Value.Should().Be(value, $"{result}");
                code.Should().Equal(BpfInstruction.Load64(BpfRegister.R1, value));
            }
        },
        iter: Times, threads: 1);

    [Fact]
    public void What_is_decoded_is_what_was_encoded() => Gen.Select(Gen.ULong, Gen.Bool).Sample(
        (bits, little) =>
        {
            byte[] bytes = BitConverter.GetBytes(bits);
            BpfInstruction instruction = BpfInstruction.Read(bytes, little);
            byte[] again = new byte[BpfInstruction.Length];
            instruction.Write(again, little);
            again.Should().Equal(bytes);

            // And in the other order it is the same instruction.
            instruction.Write(again, !little);
            BpfInstruction.Read(again, !little).Should().Be(instruction);
        },
        iter: 20_000, threads: 1);

    [Fact]
    public void Instructions_that_differ_read_differently()
    {
        Gen<BpfRegister> registers = Gen.Int[0, 10].Select(number => (BpfRegister)number);
        Gen<BpfInstruction> moves = Gen.Select(registers, Gen.Int).Select((register, value) => BpfInstruction.MovImmediate(register, value));
        Gen<BpfInstruction> copies = Gen.Select(registers, registers).Select((to, from) => BpfInstruction.Mov(to, from));
        Gen<BpfInstruction> additions = Gen.Select(registers, Gen.Int).Select((register, value) => BpfInstruction.AddImmediate(register, value));
        Gen<BpfInstruction> loads = Gen.Select(Gen.Int[0, Sizes.Length - 1].Select(i => Sizes[i]), registers, registers, Gen.Short)
            .Select((size, to, from, offset) => BpfInstruction.LoadMemory(size, to, from, offset));
        Gen<BpfInstruction> any = Gen.OneOf(moves, copies, additions, loads);

        Gen.Select(any, any).Sample(
            (one, other) => (BpfDisassembler.Format(one) == BpfDisassembler.Format(other)).Should().Be(one == other, $"{one} and {other}"),
            iter: 20_000, threads: 1);
    }
}
