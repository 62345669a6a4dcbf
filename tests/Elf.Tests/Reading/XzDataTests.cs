namespace P3Ebpf.Elf.Tests;

public sealed class XzDataTests
{
    [Theory]
    [InlineData("default")]
    [InlineData("blocks")]
    [InlineData("literals")]
    [InlineData("stored")]
    public void Streams_of_xz_yield_what_went_in(string options)
    {
        byte[] original = File.ReadAllBytes(TestData.PathOf("testdata/elf/probes.arm64.readelf.txt"));

        Decompress(Xz(options), 1 << 20).Should().Equal(options == "stored" ? Programs.Bytes("xz/stored.bin") : original);
    }

    [Fact]
    public void Filters_are_refused() =>
        this.Invoking(_ => Decompress(Xz("delta"), 1 << 20)).Should().Throw<ElfFormatException>().WithMessage("*other means than LZMA2*")
            .Which.Code.Should().Be(ElfErrorCode.BadCompression);

    [Fact]
    public void Output_is_limited()
    {
        int size = (int)new FileInfo(TestData.PathOf("testdata/elf/probes.arm64.readelf.txt")).Length;

        Decompress(Xz("default"), size).Should().HaveCount(size);
        this.Invoking(_ => Decompress(Xz("default"), size - 1)).Should().Throw<ElfFormatException>().Which.Code.Should().Be(ElfErrorCode.LimitExceeded);
    }

    [Fact]
    public void Data_cut_anywhere_is_refused()
    {
        byte[] data = Xz("blocks");
        // Behind the blocks stands the index, of which only the beginning is looked at.
        int end = Decompressible(data);

        for (int length = 0; length < end; length++)
            this.Invoking(_ => Decompress(data[..length], 1 << 20)).Should().Throw<ElfFormatException>($"{length} bytes").Which.Code.Should().Be(ElfErrorCode.BadCompression);
    }

    [Fact]
    public void Every_damaged_byte_is_noticed()
    {
        byte[] data = Xz("default");
        int end = Decompressible(data);
        byte[] original = Decompress(data, 1 << 20);

        for (int at = 0; at < end; at++)
        {
            byte[] damaged = [.. data];
            damaged[at] ^= (byte)(1 << at % 8);
            try
            {
                Decompress(damaged, 1 << 20).Should().Equal(original, $"byte {at} does not matter, or is noticed");
            }
            catch (ElfFormatException fault)
            {
                fault.Code.Should().BeOneOf(ElfErrorCode.BadCompression, ElfErrorCode.LimitExceeded);
            }
        }
    }

    [Fact]
    public void Damage_in_the_file_inside_names_the_section()
    {
        byte[] xz = Xz("default");
        var builder = new ElfBuilder(ElfClass.Elf64, ElfByteOrder.LittleEndian);
        builder.Add(new() { Name = ".gnu_debugdata", Type = ElfSectionType.ProgramBits, Data = xz });

        ElfFile.Parse(builder.Build()).Invoking(file => file.ReadFunctions()).Should().Throw<ElfFormatException>("the text in it is no ELF file")
            .WithMessage("*'.gnu_debugdata'*file that it holds*not an ELF file*").Which.Code.Should().Be(ElfErrorCode.NotElf);
    }

    private static byte[] Xz(string options) => Programs.Bytes($"xz/{options}.xz");

    private static byte[] Decompress(byte[] data, int limit)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(ElfClass.Elf64, ElfByteOrder.LittleEndian));
        return XzData.Decompress(new ElfRegion(file, "test", 0, data), limit).ToArray();
    }

    /// <summary>How many bytes the blocks and the mark of the index have.</summary>
    private static int Decompressible(byte[] data)
    {
        // The footer: checksum, size of the index in words less one, flags, magic.
        int index = (BitConverter.ToInt32(data, data.Length - 8) + 1) * 4;
        return data.Length - 12 - index + 1;
    }
}
