using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace P3Ebpf.Bindings.Tests;

/// <summary>Every struct and union of real kernels: the runtime gives the C# the sizes and places that BTF gives the C.</summary>
public class LayoutTests
{
    private static readonly BpfBindingsOptions Options = new();

    [Theory]
    [InlineData(CapturedBtf.Kernel510, true)]
    [InlineData(CapturedBtf.Kernel72, true)]
    [InlineData(CapturedBtf.KernelArmhf, true)]
    [InlineData(CapturedBtf.KernelS390x, false)]
    public void Whole_kernels_have_the_layout_of_c(string kernel, bool isLittleEndian)
    {
        BtfSpec btf = CapturedBtf.Read(kernel);
        var composites = new List<BtfType>();
        foreach (BtfType type in btf.OwnTypes)
        {
            if (type.IsComposite)
                composites.Add(type);
        }

        CSharpTypes types = BpfBindings.Declare(btf, composites.Select(type => type.Id), isLittleEndian, "Types");
        CSharpStruct[] structs = [.. types.Declarations.OfType<CSharpStruct>()];
        Assembly assembly = CSharpCompiler.Compile(BpfBindings.WriteTypes(types, Options, "Types"), ProbeOf(structs, isLittleEndian));
        var probe = assembly.GetType("Types+probe_")!.GetMethod("Of")!.CreateDelegate<Func<int, long[]>>();

        Dictionary<Type, ManagedType> known = [];
        long fields = 0, bitfields = 0, leftOut = 0;
        for (int i = 0; i < structs.Length; i++)
        {
            probe(i).Should().Equal(Expected(structs[i], isLittleEndian), structs[i].Type.ToString());
            ManagedType managed = ManagedType.Of(RuntimeHelpers.GetUninitializedObject(assembly.GetType($"Types+{structs[i].Name}")!), known);
            if (LayoutComparison.Compare(managed, btf, structs[i].Type.Id) is { Count: > 0 } differences)
                differences.Should().BeEmpty(structs[i].Type.ToString());
            foreach (BtfMember member in structs[i].LeftOut)
                IsBeyondCSharp(btf, structs[i].Type, member).Should().BeTrue($"{structs[i].Type} could have {member.Name}");
            fields += structs[i].Fields.Count;
            bitfields += structs[i].Bitfields.Count;
            leftOut += structs[i].LeftOut.Count;
        }

        composites.Where(type => type.Size != 0).Select(type => type.Id).Except(structs.Select(item => item.Type.Id)).Should().BeEmpty();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{kernel}: {structs.Length} of {composites.Count} structs and unions ({composites.Count(type => type.Size == 0)} are empty), {fields} fields, {bitfields} bitfields, {leftOut} members left out");
    }

    private static bool IsBeyondCSharp(BtfSpec btf, BtfType type, BtfMember member)
    {
        _ = btf.TryGetSize(member.TypeId, out uint size);
        bool isRust = member.BitOffset + (8UL * size) > 8UL * type.Size;
        bool spansNineBytes = member.BitfieldSize != 0 && (member.BitOffset % 8) + member.BitfieldSize > 64;
        return size is 0 or > 1 << 20 || isRust || spansNineBytes;
    }

    /// <summary>Size, then offset and size of each field, then first bit, number of bits and the value with all bits set of each bitfield.</summary>
    private static IEnumerable<long> Expected(CSharpStruct item, bool isLittleEndian)
    {
        yield return item.Type.Size;
        foreach (CSharpField field in item.Fields)
        {
            yield return field.Member.BitOffset / 8;
            yield return item.Type.Spec.SizeOf(field.Member.TypeId);
        }

        foreach (CSharpBitfield bitfield in item.Bitfields)
        {
            if (isLittleEndian)
                yield return bitfield.Member.BitOffset;
            yield return bitfield.Member.BitfieldSize;
            yield return bitfield.IsSigned ? -1 : (long)(ulong.MaxValue >> (64 - (int)bitfield.Member.BitfieldSize));
        }

        // A big-endian machine's bits lie elsewhere on a little-endian one; where in their integer is what can be told.
        if (isLittleEndian)
            yield break;
        foreach (CSharpBitfield bitfield in item.Bitfields)
            bitfield.Shift.Should().BeInRange(0, (8 * bitfield.UnitSize) - (int)bitfield.Member.BitfieldSize);
    }

    private static string ProbeOf(CSharpStruct[] structs, bool isLittleEndian)
    {
        var code = new StringBuilder(
            """
            using System;
            using U = System.Runtime.CompilerServices.Unsafe;

            static partial class Types
            {
            internal static class probe_
            {
                private static readonly byte[] Bytes = new byte[1 << 24];

                private static void Add(global::System.Collections.Generic.List<long> to, int size, long value, bool places)
                {
                    int count = 0, first = -1, last = -1;
                    for (int i = 0; i < 8 * size; i++)
                    {
                        if ((Bytes[i / 8] >> (i % 8) & 1) == 0)
                            continue;
                        count++;
                        first = first < 0 ? i : first;
                        last = i;
                    }
                    if (places)
                        to.Add(last - first + 1 == count ? first : -1);
                    to.Add(count);
                    to.Add(value);
                    global::System.Array.Clear(Bytes, 0, size);
                }


            """);
        for (int i = 0; i < structs.Length; i++)
        {
            CSharpStruct item = structs[i];
            _ = code.AppendLine(CultureInfo.InvariantCulture, $"    private static long[] S{i}()").AppendLine("    {");
            _ = code.AppendLine(CultureInfo.InvariantCulture, $"        ref {item.Name} s = ref U.As<byte, {item.Name}>(ref Bytes[0]);");
            _ = code.AppendLine("        global::System.Collections.Generic.List<long> to = [];");
            _ = code.AppendLine(CultureInfo.InvariantCulture, $"        to.Add(U.SizeOf<{item.Name}>());");
            foreach (CSharpField field in item.Fields)
            {
                _ = code.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"        to.Add((long)U.ByteOffset(ref Bytes[0], ref U.As<{field.Type.Name}, byte>(ref s.{field.Name}))); to.Add(U.SizeOf<{field.Type.Name}>());");
            }

            foreach (CSharpBitfield bitfield in item.Bitfields)
            {
                (string all, string value) = bitfield.Type == "bool" ? ("true", $"s.{bitfield.Name} ? 1 : 0") : ($"unchecked(({bitfield.Type})(-1))", $"unchecked((long)s.{bitfield.Name})");
                _ = code.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"        s.{bitfield.Name} = {all}; Add(to, {item.Type.Size}, {value}, {(isLittleEndian ? "true" : "false")});");
            }

            _ = code.AppendLine("        return to.ToArray();").AppendLine("    }").AppendLine();
        }

        _ = code.AppendLine("    private static readonly global::System.Func<long[]>[] All = [").AppendJoin(", ", Enumerable.Range(0, structs.Length).Select(i => $"S{i}")).AppendLine("];");
        return code.AppendLine("    public static long[] Of(int index) => All[index]();").AppendLine("}").AppendLine("}").ToString();
    }
}
