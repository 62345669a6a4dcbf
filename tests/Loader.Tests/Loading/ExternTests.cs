using System.Globalization;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class ExternTests
{
    private const string Config = """
        # CONFIG_TEST_ABSENT is not set
        CONFIG_TEST_BOOL=y
        CONFIG_TEST_CHAR=m
        CONFIG_TEST_S32=-5
        CONFIG_TEST_U16=0xffff
        CONFIG_TEST_U64=18446744073709551615
        CONFIG_TEST_TRISTATE=m
        CONFIG_TEST_TEXT="longer than eight"
        CONFIG_TEST_BOOL=n
        """;

    [Fact]
    public void Configuration_values_arrive_in_every_type()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        using BpfObject loaded = ObjectFile.Read("kconfig").Load(new BpfLoadOptions { KernelConfig = Config });
        loaded.Run("copy").Should().Be(0);
        byte[] seen = loaded.Variables["seen"].GetBytes();
        BitConverter.ToUInt64(seen, 0).Should().Be(ulong.MaxValue);
        BitConverter.ToInt32(seen, 8).Should().Be(-5);
        BitConverter.ToInt32(seen, 12).Should().Be(2, "a module is TRI_MODULE");
        BitConverter.ToUInt32(seen, 16).Should().Be(0, "weak and not set");
        BitConverter.ToUInt16(seen, 20).Should().Be(0xffff);
        seen[22].Should().Be(1, "the first value given counts");
        (seen[23] == 1).Should().Be(KernelFeature.BpfCookie.IsSupported());
        seen[24].Should().Be((byte)'m');
        System.Text.Encoding.ASCII.GetString(seen, 25, 8).Should().Be("longer \0");
    }

    [Theory]
    [InlineData("CONFIG_TEST_BOOL=m")]
    [InlineData("CONFIG_TEST_BOOL=2")]
    [InlineData("CONFIG_TEST_S32=y")]
    [InlineData("CONFIG_TEST_S32=2147483648")]
    [InlineData("CONFIG_TEST_U16=-1")]
    [InlineData("CONFIG_TEST_U16=65536")]
    [InlineData("CONFIG_TEST_U64=0x10000000000000000")]
    [InlineData("CONFIG_TEST_TRISTATE=3")]
    [InlineData("CONFIG_TEST_TEXT=5")]
    [InlineData("CONFIG_TEST_CHAR=\"text\"")]
    public void A_value_that_does_not_fit_is_an_error(string line)
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        string name = line[..line.IndexOf('=', StringComparison.Ordinal)];
        FluentActions.Invoking(() => ObjectFile.Read("kconfig").Load(new BpfLoadOptions { KernelConfig = line + "\n" + Config }))
            .Should().Throw<BpfException>().WithText($"*'{name}'*does not fit*");
    }

    [Fact]
    public void Kernel_functions_and_addresses_are_found()
    {
        Requires.Kernel("6.7", "exceptions in programs");
        using BpfObject loaded = ObjectFile.Read("ksyms").Load();
        loaded.Run("own_process").Should().Be(1);
        loaded.Run("guarded").Should().Be(7);
        loaded.Run("address").Should().Be(0);
        loaded.Variables["text_start"].Get<ulong>().Should().Be(AddressOf("_stext"));
        loaded.Run("throws").Should().Be(42);
    }

    [Fact]
    public void Kernel_variables_are_read_in_place()
    {
        Requires.Kernel("6.7", "exceptions in programs");
        BpfObjectSpec spec = ObjectFile.Read("ksyms");
        spec.Programs["variable"].IsAutoLoaded = true;
        if (Kernel.Running.FindSymbols(new HashSet<string> { "runqueues" }).Count > 0)
        {
            using BpfObject loaded = spec.Load();
            loaded.Run("variable").Should().Be(1);
        }
        else
        {
            FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfVerifierException>().Which.Hint.Should().Contain("'runqueues'").And.Contain("CONFIG_KALLSYMS_ALL");
        }
    }

    [Fact]
    public void A_call_of_a_function_that_is_not_there_is_explained()
    {
        Requires.Kernel("6.7", "exceptions in programs");
        BpfObjectSpec spec = ObjectFile.Read("ksyms");
        spec.Programs["unguarded"].IsAutoLoaded = true;
        BpfVerifierException error = FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfVerifierException>().Which;
        error.ProgramName.Should().Be("unguarded");
        error.Message.Should().Contain("'no_such_function'").And.Contain("does not have");
    }

    [Fact]
    public void A_strong_extern_that_is_not_there_ends_the_load()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        string[] before = OpenDescriptors.OfTheKernel;
        FluentActions.Invoking(() => ObjectFile.Read("missing_extern").Load()).Should().Throw<BpfException>()
            .WithText("*'CONFIG_NO_SUCH_OPTION'*__weak*").Which.Kind.Should().Be(BpfFailureKind.NotSupported);
        OpenDescriptors.Beyond(before).Should().BeEmpty();
        using BpfObject loaded = ObjectFile.Read("missing_extern").Load(new BpfLoadOptions { KernelConfig = "CONFIG_NO_SUCH_OPTION=77" });
        loaded.Run("needs_option").Should().Be(77);
    }

    private static ulong AddressOf(string symbol) => ulong.Parse(
        File.ReadLines("/proc/kallsyms").First(line => line.EndsWith($" {symbol}", StringComparison.Ordinal)).Split(' ')[0],
        NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
