using P3Ebpf.Names;
using System.Text;

namespace P3Ebpf.Btf.Tests;

public class Utf8TextTests
{
    [Fact]
    public void Bytes_that_are_no_UTF_8_read_as_the_framework_reads_them()
    {
        var random = new Random(1);
        byte[] telling = [0x00, (byte)'a', 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xEF, 0xF0, 0x9F, 0x98, 0xF4, 0xF5, 0xFF];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(12)];
            for (int k = 0; k < bytes.Length; k++)
                bytes[k] = telling[random.Next(telling.Length)];

            Utf8Text.Of(bytes).Should().Be(Encoding.UTF8.GetString(bytes), Convert.ToHexString(bytes));
        }
    }

    [Fact]
    public void A_name_of_bad_bytes_costs_no_more_than_its_characters()
    {
        byte[] bytes = new byte[4096];
        bytes.AsSpan().Fill(0xFF);
        var name = new BtfString(new BtfBlock(bytes, 0, bytes.Length));
        _ = name.ToString();

        long before = GC.GetAllocatedBytesForCurrentThread();
        string text = name.ToString();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        text.Should().Be(new string('\uFFFD', bytes.Length));
        allocated.Should().BeLessThan((sizeof(char) * bytes.Length) + 64);
    }

    [Theory]
    [InlineData("n", 256)]
    [InlineData("\u00e4", 128)]
    [InlineData("\u20ac", 85)]
    [InlineData("\U0001F600", 64)]
    public void Of_a_long_name_whole_characters_are_told(string character, int told)
    {
        Utf8Text.Excerpt(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(character, 1000)))).Should().Be(string.Concat(Enumerable.Repeat(character, told)) + "...");
        Utf8Text.Excerpt(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(character, told)))).Should().NotEndWith("...");
    }
}
