using System.Text;

namespace P3Ebpf.Cli.Tests.Output;

/// <summary>What is escaped on the way to a terminal, in strings and in streams.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("struct task_struct *", "struct task_struct *")]
    [InlineData("größer → 名前 😀", "größer → 名前 😀")]
    [InlineData("a\e[2Jb", @"a\u001b[2Jb")]
    [InlineData("\0\a\b\t\n\r\u007f", @"\u0000\u0007\u0008\u0009\u000a\u000d\u007f")]
    [InlineData("\u0085\u009b", @"\u0085\u009b")]
    [InlineData("\u200e\u200f\u202a\u202e\u2066\u2069\u061c", @"\u200e\u200f\u202a\u202e\u2066\u2069\u061c")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("\U000e0041", @"\udb40\udc41")]
    public void What_is_not_shown_by_itself_is_escaped(string text, string expected) => Printable.Of(text).Should().Be(expected);

    [Fact]
    public void Half_a_surrogate_pair_is_escaped() => Printable.Of("a\ud800b\udc00").Should().Be(@"a\ud800b\udc00");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_stream_may_be_cut_anywhere(int length)
    {
        byte[] text = [.. "[1] 'größer 名前 😀'\n\t'\e[2J\u009b\u202e'\r\n"u8, 0x9b, 0xe2, 0x80, (byte)'x', 0xed, 0xa0, 0x80, 0xf0, 0x9f];
        using var target = new MemoryStream();
        using (var stream = new PrintableStream(target))
        {
            foreach (byte[] piece in text.Chunk(length))
                stream.Write(piece);
        }

        Encoding.UTF8.GetString(target.ToArray()).Should().Be("[1] 'größer 名前 😀'\n\t'" + @"\u001b[2J\u009b\u202e'\u000d" + "\n\ufffd\ufffdx\ufffd\ufffd\ufffd\ufffd");
    }

    [Fact]
    public void A_line_is_one_line_and_keeps_its_indentation()
    {
        using var target = new MemoryStream();
        var writer = new LineWriter(target, bufferSize: 0);
        writer.WriteLine("\t\tA = 1,\n\tB");
        writer.WriteLine();
        Encoding.UTF8.GetString(target.ToArray()).Should().Be("\t\tA = 1," + @"\u000a\u0009B" + "\n\n");
    }
}
