using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf.Tests.Memory;

public sealed class KernelBtfPagesTests
{
    private const string Vmlinux = "/sys/kernel/btf/vmlinux";

    private static readonly Version FirstToMap = new(6, 16);

    [Fact]
    public void The_running_kernels_types_are_mapped_once_and_are_what_the_file_reads()
    {
        RequireMappable();

        ReadOnlyMemory<byte> first = BtfSpec.ReadBytes(Vmlinux);
        ReadOnlyMemory<byte> second = BtfSpec.ReadBytes(Vmlinux);

        Unsafe.AreSame(ref MemoryMarshal.GetReference(first.Span), ref MemoryMarshal.GetReference(second.Span)).Should().BeTrue();
        MemoryMarshal.TryGetArray(first, out _).Should().BeFalse("nothing is copied");
        first.Span.SequenceEqual(File.ReadAllBytes(Vmlinux)).Should().BeTrue();
    }

    [Fact]
    public void A_span_of_the_kernels_types_outlives_all_that_led_to_it()
    {
        RequireMappable();

        ReadOnlySpan<byte> name = NameOfTaskStruct();
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        name.SequenceEqual("task_struct"u8).Should().BeTrue();
    }

    [Fact]
    public async Task Several_threads_may_be_the_first_to_ask()
    {
        RequireMappable();

        int[] counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => BtfSpec.Read(Vmlinux).OwnTypeCount, TestContext.Current.CancellationToken)));

        counts.Distinct().Should().ContainSingle();
    }

    [Fact]
    public void A_file_that_is_cut_short_after_it_was_read_does_no_harm()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllBytes(path, CapturedBtf.Read("vmlinux-5.10.0-46-cloud-amd64").Data.ToArray());
            BtfSpec spec = BtfSpec.Read(path);
            File.WriteAllBytes(path, []);

            spec.TryFind("task_struct", BtfKind.Struct, out BtfType task).Should().BeTrue();
            task.Size.Should().Be(9344);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Native_memory_of_somebody_else_is_copied()
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("int", 4);
        using var native = new NativeBytes(builder.ToArray());

        BtfSpec spec = BtfSpec.Parse(native.Memory);
        native.GetSpan().Clear();

        spec.TryFind("int", BtfKind.Int, out BtfType type).Should().BeTrue();
        type.Size.Should().Be(4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> NameOfTaskStruct() =>
        BtfSpec.Read(Vmlinux).TryFind("task_struct", BtfKind.Struct, out BtfType task) ? task.Name.Bytes : default;

    private static void RequireMappable()
    {
        Requires.Path(Vmlinux, "This kernel has no BTF.");
        Assert.SkipUnless(Environment.OSVersion.Version >= FirstToMap, $"Linux {FirstToMap} lets its BTF be mapped; this is {Environment.OSVersion.Version}.");
    }

    private sealed unsafe class NativeBytes : MemoryManager<byte>
    {
        private readonly byte* _start;
        private readonly int _length;

        public NativeBytes(byte[] bytes)
        {
            _length = bytes.Length;
            _start = (byte*)NativeMemory.Alloc((nuint)_length);
            bytes.CopyTo(GetSpan());
        }

        public override Span<byte> GetSpan() => new(_start, _length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => NativeMemory.Free(_start);
    }
}
