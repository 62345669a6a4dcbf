using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>BTF in compressed files: the same bytes come out, and damage is found.</summary>
public sealed class CompressedBtfTests
{
    private const string Name = "mod-7.2.13-amd64.bridge";

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(TestData.PathOf("testdata/btf/xz"), "*.xz").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static byte[] Read(string path) => BtfFile.ReadBytes(path, out _).ToArray();

    [Theory]
    [MemberData(nameof(Files))]
    public void Xz_files_with_each_check_in_blocks_and_archives_are_unpacked(string file) =>
        Read(TestData.PathOf($"testdata/btf/xz/{file}")).Should().Equal(TestData.Btf(Name));

    [Fact]
    public void Gzip_files_are_unpacked() => Read(TestData.PathOf($"testdata/btf/{Name}.btf.gz")).Should().Equal(TestData.Btf(Name));

    [Fact]
    public void An_archive_that_promises_more_than_it_holds_is_refused() =>
        Unpacking(Archive(header => Encoding.ASCII.GetBytes("77777777777").CopyTo(header[124..]))).Should().Throw<BtfFormatException>().WithMessage("*damaged compressed file*");

    [Fact]
    public void An_archive_with_a_sparse_file_is_to_be_unpacked_first() =>
        Unpacking(Archive(header => header[156] = (byte)'S')).Should().Throw<BtfFormatException>().WithMessage("*not read here; unpack it first*");

    private static Action Unpacking(byte[] archive) => () => CompressedFile.Unpack(archive, "archive.tar.gz");

    /// <summary>A file in an archive, whose header is changed and has the right checksum again.</summary>
    private static byte[] Archive(SpanAction change)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "vmlinux.btf") { DataStream = new MemoryStream(new byte[512]) });
        byte[] bytes = archive.ToArray();
        Span<byte> header = bytes.AsSpan(0, 512);
        change(header);

        // The checksum counts its own field as blanks.
        header.Slice(148, 8).Fill((byte)' ');
        int sum = header.ToArray().Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private delegate void SpanAction(Span<byte> header);

    /// <summary>Every byte of the file matters to a check, but those of the index behind the blocks.</summary>
    [Fact]
    public void A_damaged_file_is_refused_whatever_byte_is_wrong_and_wherever_it_ends()
    {
        byte[] sound = File.ReadAllBytes(TestData.PathOf("testdata/btf/xz/crc32-blocks.btf.xz"));
        string path = Path.GetTempFileName();
        try
        {
            for (int at = 12; at < sound.Length - 100; at += 97)
            {
                byte[] damaged = [.. sound];
                damaged[at] ^= 0x55;
                File.WriteAllBytes(path, damaged);
                FluentActions.Invoking(() => Read(path)).Should().Throw<BtfFormatException>($"byte {at}");
                File.WriteAllBytes(path, sound[..at]);
                FluentActions.Invoking(() => Read(path)).Should().Throw<BtfFormatException>($"{at} bytes");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
