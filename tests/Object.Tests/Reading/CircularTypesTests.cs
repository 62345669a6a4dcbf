using System.Buffers.Binary;

namespace P3Ebpf.Object.Tests;

public class CircularTypesTests
{
    [Fact]
    public void Qualifiers_of_themselves_are_a_defect_of_the_object()
    {
        byte[] data = File.ReadAllBytes(TestData.PathOf("testdata/bpf/ksyms.bpf.o"));
        BtfSpec btf = BpfObjectSpec.Parse(data, "ksyms").Btf!;
        ElfFile.Parse(data).TryGetSection(".BTF", out ElfSection section).Should().BeTrue();
        foreach (BtfType type in btf.OwnTypes)
        {
            if (type.Kind == BtfKind.Const)
                BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan((int)section.Offset + (int)type.Offset + 8), type.Id.Value);
        }

        btf.Invoking(_ => BpfObjectSpec.Parse(data, "ksyms")).Should().Throw<BpfObjectFormatException>().Which.Section.Should().Be(".BTF");
    }
}
