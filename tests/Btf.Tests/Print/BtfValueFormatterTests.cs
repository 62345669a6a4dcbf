using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace P3Ebpf.Btf.Tests.Print;

public sealed class BtfValueFormatterTests
{
    private readonly BtfSpec _spec;
    private readonly BtfTypeId _event;
    private readonly BtfTypeId _numbers;

    public BtfValueFormatterTests()
    {
        var btf = new BtfBuilder();
        BtfTypeId number = btf.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId unsigned = btf.AddTypedef("u32", btf.AddInt("unsigned int", 4));
        BtfTypeId character = btf.AddInt("char", 1, BtfIntEncoding.Signed);
        BtfTypeId truth = btf.AddInt("_Bool", 1, BtfIntEncoding.Bool);
        BtfTypeId mode = btf.AddEnum("mode", 4, isSigned: false, ("OFF", 0), ("ON", 3));
        BtfTypeId inner = btf.AddStruct(default(BtfString), 8, new BtfMember("low", number, 0, 0), new BtfMember("high", number, 32, 0));
        BtfTypeId text = btf.AddArray(btf.AddConst(character), number, 8);
        _numbers = btf.AddArray(unsigned, number, 3);
        _event = btf.AddStruct(
            "event", 64,
            new BtfMember("pid", unsigned, 0, 0), new BtfMember("mode", mode, 32, 0), new BtfMember("comm", text, 64, 0),
            new BtfMember(default, inner, 128, 0), new BtfMember("ok", truth, 192, 0), new BtfMember("three", unsigned, 200, 3), new BtfMember("five", number, 203, 5),
            new BtfMember("where", btf.AddPtr(BtfTypeId.Void), 256, 0), new BtfMember("ratio", btf.AddFloat("double", 8), 320, 0), new BtfMember("list", _numbers, 384, 0),
            new BtfMember("rest", btf.AddArray(number, number, 0), 512, 0));
        _spec = BtfSpec.Parse(btf.ToArray());
    }

    private static byte[] Sample()
    {
        byte[] bytes = new byte[64];
        BitConverter.TryWriteBytes(bytes, 42u);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), 3u);
        Encoding.UTF8.GetBytes("ba\"sh").CopyTo(bytes, 8);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), -1);
        BitConverter.TryWriteBytes(bytes.AsSpan(20), 7);
        bytes[24] = 1;
        bytes[25] = 0b11110_101;
        BitConverter.TryWriteBytes(bytes.AsSpan(32), 0xffff8880_12345678ul);
        BitConverter.TryWriteBytes(bytes.AsSpan(40), 0.5);
        BitConverter.TryWriteBytes(bytes.AsSpan(56), 9u);
        return bytes;
    }

    [Fact]
    public void A_struct_is_written_as_C_initialises_it()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The sample has the bitfields of a little-endian machine.");
        BtfValueFormatter.Format(_spec[_event], Sample()).Should().Be(
            """{ pid = 42, mode = ON, comm = "ba\"sh", low = -1, high = 7, ok = true, three = 5, five = -2, where = 0xffff888012345678, ratio = 0.5, list = [0, 0, 9], rest = [] }""");
    }

    [Fact]
    public void A_struct_is_written_as_JSON()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The sample has the bitfields of a little-endian machine.");
        string json = BtfValueFormatter.Format(_spec[_event], [.. Sample(), 1, 0, 0, 0, 2, 0, 0, 0, 9], BtfValueStyle.Json);
        json.Should().Be(
            """{"pid":42,"mode":"ON","comm":"ba\"sh","low":-1,"high":7,"ok":true,"three":5,"five":-2,"where":"0xffff888012345678","ratio":0.5,"list":[0,0,9],"rest":[1,2]}""");
    }

    [Fact]
    public void What_the_bytes_do_not_reach_is_left_open()
    {
        BtfValueFormatter.Format(_spec[_event], Sample().AsSpan(0, 6)).Should().StartWith("{ pid = 42, mode = …,");
        JsonDocument.Parse(BtfValueFormatter.Format(_spec[_event], default, BtfValueStyle.Json)).RootElement.GetProperty("pid").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("{ pid = 42, mode = ON, comm = \"ba\\\"sh\", low = -1, high = 7, ok = true, three = 5, five = -2, ratio = 0.5, list = [0, 0, 9], rest = [] }")]
    [InlineData("{\"pid\":42,\"mode\":\"ON\",\"comm\":\"ba\\\"sh\",\"low\":-1,\"high\":7,\"ok\":true,\"three\":5,\"five\":-2,\"ratio\":0.5,\"list\":[0,0,9]}")]
    [InlineData("{ pid: 0x2a, mode = 3, comm = \"ba\\u0022sh\", low = 0xffffffff, high = 7, ok = 1, three = 5, five = 0x1e, ratio = 5e-1, list = [0,0,9,], }")]
    public void What_is_written_is_read_again(string text)
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The sample has the bitfields of a little-endian machine.");
        byte[] bytes = new byte[64];
        BtfValueParser.Parse(_spec[_event], text, bytes);
        byte[] expected = Sample();
        expected.AsSpan(32, 8).Clear();
        bytes.Should().Equal(expected);
    }

    [Fact]
    public void What_is_not_mentioned_stays()
    {
        byte[] bytes = Sample();
        BtfValueParser.Parse(_spec[_event], "{ high = 8, comm = \"x\" }", bytes);
        bytes[16..24].Should().Equal(255, 255, 255, 255, 8, 0, 0, 0);
        bytes[8..16].Should().Equal((byte)'x', 0, 0, 0, 0, 0, 0, 0);
        bytes[0].Should().Be(42);
    }

    [Theory]
    [InlineData("{ pid = -1 }", "pid: -1 is not within unsigned int, which goes from 0 to 4294967295.")]
    [InlineData("{ low = 2147483648 }", "low: 2147483648 is not within int, which goes from -2147483648 to 2147483647.")]
    [InlineData("{ three = 8 }", "three: 8 is not within unsigned int, which goes from 0 to 7.")]
    [InlineData("{ five = -17 }", "five: -17 is not within int, which goes from -16 to 15.")]
    [InlineData("{ mode = MAYBE }", "mode: 'MAYBE' is no value of enum mode; there is OFF, ON.")]
    [InlineData("{ comm = \"123456789\" }", "comm: '123456789' has 9 bytes, and there is room for 8.")]
    [InlineData("{ where = 0x1 }", "where: it is a pointer, and there is nothing that it could be set to.")]
    [InlineData("{ list = [1,2,3,4] }", "list: there are more than the 3 elements of the array.")]
    [InlineData("{ nobody = 1 }", "struct event has no member 'nobody'; it has pid, mode, comm, low, high, ok, three, five, where, ratio, list, rest.")]
    [InlineData("{ pid 1 }", "at character 7 there is '1' where there should be = or : after 'pid'.")]
    [InlineData("{ pid = 1", "the text ends where there should be , or }.")]
    [InlineData("{ pid = one }", "pid: 'one' is no number.")]
    [InlineData("5", "at character 1 there is '5' where there should be a value of struct event, such as { member = 1 }.")]
    [InlineData("{ ok = 2 }", "ok: '2' is neither true nor false.")]
    [InlineData("{} {}", "at character 4 there is '{' where there should be the end.")]
    public void What_is_no_value_is_refused(string text, string message)
    {
        Action act = () => BtfValueParser.Parse(_spec[_event], text, new byte[64]);
        act.Should().Throw<FormatException>().WithMessage(message);
    }

    /// <summary>Types whose values would be without end: unions that hold each other twice, arrays of nothing, circles, offsets far outside.</summary>
    [Fact]
    [SuppressMessage("Globalization", "CA1305", Justification = "Names.")]
    public void Hostile_types_end()
    {
        var btf = new BtfBuilder();
        BtfTypeId number = btf.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId twice = number;
        for (int i = 0; i < 60; i++)
            twice = btf.AddUnion($"u{i}", 4, new BtfMember("a", twice, 0, 0), new BtfMember("b", twice, 0, 0));
        BtfTypeId unnamed = number;
        for (int i = 0; i < 60; i++)
            unnamed = btf.AddUnion($"v{i}", 4, new BtfMember(i == 0 ? "a" : default(BtfString), unnamed, 0, 0), new BtfMember(i == 0 ? "b" : default(BtfString), unnamed, 0, 0));
        BtfTypeId nothing = btf.AddStruct("nothing", 0);
        BtfTypeId many = btf.AddArray(nothing, number, uint.MaxValue);
        BtfTypeId huge = btf.AddArray(number, number, uint.MaxValue / 4);
        BtfTypeId far = btf.AddStruct("far", 4, new BtfMember("x", number, uint.MaxValue & ~7u, 0), new BtfMember("h", huge, 0, 0));
        BtfTypeId wide = btf.AddStruct("wide", 4, new BtfMember("y", number, 0xfffff8, 0xff), new BtfMember("z", number, 0, 0xff));
        BtfTypeId odd = btf.AddInt("odd", 4, BtfIntEncoding.Signed, bitCount: 0);
        BtfSpec spec = BtfSpec.Parse(btf.ToArray());
        foreach (BtfTypeId id in (BtfTypeId[])[twice, unnamed, many, huge, far, wide, odd, nothing, BtfTypeId.Void])
        {
            _ = BtfValueFormatter.Format(spec[id], new byte[8]);
            JsonDocument.Parse(BtfValueFormatter.Format(spec[id], new byte[8], BtfValueStyle.Json), new JsonDocumentOptions { MaxDepth = 256 });
        }

        Action parse = () => BtfValueParser.Parse(spec[far], "{ x = 1 }", new byte[8]);
        parse.Should().Throw<FormatException>().WithMessage("x: it lies outside the 8 bytes of the value.");
    }

    [Theory]
    [InlineData("bash", "bash")]
    [InlineData(" x ", " x ")]
    [InlineData("\"quoted\"", "quoted")]
    public void A_text_by_itself_needs_no_quotes(string text, string expected)
    {
        var btf = new BtfBuilder();
        BtfTypeId character = btf.AddInt("char", 1, BtfIntEncoding.Signed);
        BtfTypeId array = btf.AddArray(character, character, 8);
        BtfSpec spec = BtfSpec.Parse(btf.ToArray());
        byte[] bytes = [9, 9, 9, 9, 9, 9, 9, 9];
        BtfValueParser.Parse(spec[array], text, bytes);
        Encoding.UTF8.GetString(bytes).TrimEnd('\0').Should().Be(expected);
        MemoryMarshal.Read<byte>(bytes.AsSpan(7)).Should().Be(0);
    }
}
