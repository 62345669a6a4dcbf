using System.Reflection;

namespace P3Ebpf.Bindings.Tests;

/// <summary>Generated C# used as a program would use it, on the running kernel.</summary>
[KernelTests]
public class RunningObjectTests
{
    private const string Usage = """
        using System.Collections.Generic;
        using System.Linq;
        using System.Runtime.InteropServices;
        using P3Ebpf.Loader;

        internal static class Usage
        {
            public static string[] Run()
            {
                List<string> seen = [];
                using Bindings bindings = Bindings.Open();
                seen.Add($"{bindings.SignedEnum} {bindings.Huge} {bindings.Deep} {bindings.Command} {bindings.Loud}");
                bindings.Command = "none of it";
                bindings.LoadVariable = 77;
                bindings.Load();
                bindings.ObjectVariable = 78;
                _ = bindings.Send.TestRun(new byte[14]);
                foreach ((Bindings.Key key, Bindings.PointT place) in bindings.Places)
                    seen.Add($"{key.Id} {key.Kind}: {place.X} {place.Y}");
                _ = bindings.Events.Consume(record =>
                {
                    Bindings.Event e = MemoryMarshal.Read<Bindings.Event>(record);
                    seen.Add($"{e.Time} {e.Color} {e.Tiny} {e.Ok} {e.Text} {e.Number:x} {e.Low} {e.High} {e.Bytes[2]} {e.Either.Real}");
                    seen.Add($"{e.First} {e.Second} {e.Shade} {e.Flag} {e.LongBits:x}");
                    seen.Add($"{e.Packed.Tag} {e.Packed.Value:x} {e.Packed.Odd} {e.Packed.Across} {e.Packed.Sign}");
                    seen.Add($"{e.Places[1].X} {e.Places[1].Y} {e.Grid[1][2]} {e.Event2} {e.Class} {e.Class2} {e.ToString2}");
                    e.Second = 7;
                    e.Packed.Across = 5;
                    e.Packed.Sign = -1;
                    seen.Add($"{e.First} {e.Second} {e.Shade} {e.Packed.Odd} {e.Packed.Across} {e.Packed.Sign}");
                });
                return [.. seen];
            }
        }
        """;

    private const string RecordUsage = """
        using System.Linq;

        internal static class Usage
        {
            public static string[] Run()
            {
                using TypedRecords records = TypedRecords.Open();
                records.Load();
                bool written = records.TryWriteCommands(new TypedRecords.Command { Number = 6, Factor = 7 });
                uint drained = records.Drain.TestRun().ReturnValue;
                TypedRecords.Process[] own = records.ReadWalk(new P3Ebpf.Loader.Links.BpfIteratorOptions { ProcessId = System.Environment.ProcessId }).ToArray();
                return new[] { $"{written} {drained} {records.Sum}", $"{own.Length > 0} {own.All(each => each.Answer == 42 && each.Pid == System.Environment.ProcessId)}" };
            }
        }
        """;

    [Fact]
    public void Records_that_are_written_and_walked_have_their_types()
    {
        Requires.Kernel("6.1", "rings that user space writes");
        string path = TestData.PathOf("testdata/bpf/typed_records.bpf.o");
        string code = BpfBindings.Generate(BpfObjectSpec.Read(path), File.ReadAllBytes(path), new BpfBindingsOptions { FileName = "typed_records.bpf.o" });

        MethodInfo run = CSharpCompiler.Compile(code, RecordUsage).GetType("Usage")!.GetMethod("Run")!;

        run.CreateDelegate<Func<string[]>>()().Should().Equal("True 1 42", "True True");
    }

    [Fact]
    public void What_the_program_wrote_is_read_by_its_types()
    {
        Requires.Kernel("5.8", "ring buffers");
        string path = TestData.PathOf("testdata/bpf/bindings.bpf.o");
        string code = BpfBindings.Generate(BpfObjectSpec.Read(path), File.ReadAllBytes(path), new BpfBindingsOptions { FileName = "bindings.bpf.o" });

        MethodInfo run = CSharpCompiler.Compile(code, Usage).GetType("Usage")!.GetMethod("Run")!;

        run.CreateDelegate<Func<string[]>>()().Should().Equal(
            "Below HugeMax Deep none False",
            "3 4: 77 78",
            "7 Green TinyAll True hello 20001 1 2 2 0.5",
            "5 -3 Blue True 8000000001",
            "9 deadbeef 2047 1025 -64",
            "3 4 6 11 12 13 14",
            "5 7 Blue 2047 5 -1");
    }
}
