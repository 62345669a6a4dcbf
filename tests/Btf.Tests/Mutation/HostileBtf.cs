using P3Ebpf.Btf.Tests.Check;

namespace P3Ebpf.Btf.Tests.Mutation;

/// <summary>Well-formed BTF of any size, made so that something that is done for each type could be done for each pair of them.</summary>
internal static class HostileBtf
{
    public static (string Name, Func<int, byte[]> Of)[] Families { get; } =
    [
        ("namesakes of every kind", Namesakes),
        ("structs of one name that differ", StructsOfOneName),
        ("structs that differ in what they refer to", NearlyEqualStructs),
        ("enumerations of one name that differ", EnumsOfOneName),
        ("unnamed structs that differ", UnnamedStructs),
        ("a chain of typedefs", Typedefs),
        ("a chain of pointers", Pointers),
        ("structs within each other", Nested),
        ("one struct with many members", ManyMembers),
        ("one enumeration with many values", ManyValues),
        ("one long name above many members", LongPath),
        ("prototypes of each other", Prototypes),
        ("forward declarations of one struct", Forwards),
        ("tags on one struct", Tags),
        ("a section of many variables", Section),
    ];

    private static byte[] Build(int count, Action<BtfBytes, uint, int> add)
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        for (int i = 0; i < count; i++)
            add(btf, number, i);
        return btf.Build();
    }

    /// <summary>The same name at one place: a table of strings would hold it once.</summary>
    private static uint Raw(BtfBytes btf, uint name, BtfKind kind, uint vlen, uint sizeOrType, params uint[] tail) => btf.AddRaw([name, ((uint)kind << 24) | vlen, sizeOrType, .. tail]);

    private static byte[] Namesakes(int count)
    {
        uint name = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("same") : name;
            _ = (i % 4) switch
            {
                0 => Raw(btf, name, BtfKind.Typedef, 0, number),
                1 => Raw(btf, name, BtfKind.Fwd, 0, 0),
                2 => Raw(btf, name, BtfKind.Struct, 1, 4, name, number, 0),
                _ => Raw(btf, name, BtfKind.Var, 0, number, 1),
            };
        });
    }

    private static byte[] StructsOfOneName(int count)
    {
        uint name = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("same") : name;
            _ = Raw(btf, name, BtfKind.Struct, 1, 4 + (uint)i, name, number, 8 * (uint)i);
        });
    }

    private static byte[] NearlyEqualStructs(int count)
    {
        uint name = 0, last = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("same") : name;
            last = i % 2 == 0 ? Raw(btf, 0, BtfKind.Array, 0, 0, number, number, (uint)i) : Raw(btf, name, BtfKind.Struct, 1, 4, name, last, 0);
        });
    }

    private static byte[] EnumsOfOneName(int count)
    {
        uint name = 0;
        return Build(count, (btf, _, i) =>
        {
            name = i == 0 ? btf.Name("same") : name;
            _ = Raw(btf, name, BtfKind.Enum, 1, 4, name, (uint)i);
        });
    }

    private static byte[] UnnamedStructs(int count) => Build(count, (btf, number, i) => Raw(btf, 0, BtfKind.Struct, 1, 4, 0, i == 0 ? number : (uint)i + 1, 0));

    private static byte[] Typedefs(int count)
    {
        uint name = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("t") : name;
            _ = Raw(btf, name, BtfKind.Typedef, 0, number + (uint)i);
        });
    }

    private static byte[] Pointers(int count) => Build(count, (btf, number, i) => Raw(btf, 0, BtfKind.Ptr, 0, number + (uint)i));

    private static byte[] Nested(int count)
    {
        uint name = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("m") : name;
            _ = Raw(btf, i == count - 1 ? name : 0, BtfKind.Struct, 2, 4, 0, number + (uint)i, 0, name, number, 0);
        });
    }

    private static byte[] ManyMembers(int count)
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        _ = btf.Struct("many", 4 * (uint)count, [.. Enumerable.Range(0, count).Select(i => ($"m{i}", number, 32 * (uint)i))]);
        return btf.Build();
    }

    private static byte[] ManyValues(int count)
    {
        var btf = new BtfBytes();
        _ = btf.Add(BtfKind.Enum, "many", 4, (uint)count, tail: [.. Enumerable.Range(0, count).SelectMany(i => new[] { btf.Name($"V{i}"), (uint)i })]);
        return btf.Build();
    }

    private static byte[] LongPath(int count)
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        uint inner = btf.Struct("", 4 * (uint)count, [.. Enumerable.Range(0, count).Select(i => ($"m{i}", number, 32 * (uint)i))]);
        _ = btf.Struct("outer", 4 * (uint)count, (new string('x', 8 * count), inner, 0));
        return btf.Build();
    }

    private static byte[] Prototypes(int count) => Build(count, (btf, number, i) =>
        _ = i % 2 == 0 ? Raw(btf, 0, BtfKind.FuncProto, 2, number + (uint)i, 0, number + (uint)i, 0, number + (uint)i) : Raw(btf, 0, BtfKind.Ptr, 0, number + (uint)i));

    private static byte[] Forwards(int count)
    {
        uint name = 0;
        return Build(count, (btf, number, i) =>
        {
            name = i == 0 ? btf.Name("same") : name;
            _ = i == count / 2 ? Raw(btf, name, BtfKind.Struct, 1, 4, name, number, 0) : i % 2 == 0 ? Raw(btf, name, BtfKind.Fwd, 0, 0) : Raw(btf, 0, BtfKind.Ptr, 0, number + (uint)i);
        });
    }

    private static byte[] Tags(int count)
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        uint point = btf.Struct("point", 4, ("x", number, 0));
        uint tag = btf.Name("tag");
        for (int i = 0; i < count; i++)
            _ = btf.AddRaw(tag, (uint)BtfKind.DeclTag << 24, point, i % 2 == 0 ? uint.MaxValue : 0);
        return btf.Build();
    }

    private static byte[] Section(int count)
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        uint[] variables = [.. Enumerable.Range(0, count).Select(i => btf.Add(BtfKind.Var, $"v{i}", number, tail: 1))];
        _ = btf.Add(BtfKind.DataSec, ".bss", 4 * (uint)count, (uint)count, tail: [.. variables.SelectMany((variable, i) => new[] { variable, 4 * (uint)i, 4u })]);
        return btf.Build();
    }
}
