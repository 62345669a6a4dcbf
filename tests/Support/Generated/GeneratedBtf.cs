using P3Ebpf.Btf;

namespace P3Ebpf.TestSupport;

/// <summary>Types by chance, as a compiler could have written them: every number makes one type of those before it, and pointers lead to later ones too.</summary>
internal sealed class GeneratedBtf
{
    private static readonly string[] Names = ["a", "b", "inode", "task", "state", "len", "x_y", "flags"];

    /// <summary>What is larger stands in nothing else: sizes would multiply.</summary>
    private const uint MaxNested = 1024;

    private readonly BtfBuilder _builder = new();

    /// <summary>What may stand in a struct, an array or a typedef: size and alignment in bytes.</summary>
    private readonly List<(BtfTypeId Id, uint Size, uint Align)> _sized = [];

    /// <summary>What a pointer may lead to and a qualifier stand before.</summary>
    private readonly List<BtfTypeId> _any = [BtfTypeId.Void];

    private readonly bool _uniqueNames;
    private int _made;

    private GeneratedBtf(IReadOnlyList<uint> genes, bool uniqueNames)
    {
        _uniqueNames = uniqueNames;
        Add(_builder.AddInt("int", 4, BtfIntEncoding.Signed), 4, 4);
        Add(_builder.AddInt("unsigned char", 1), 1, 1);
        Add(_builder.AddInt("unsigned long", 8), 8, 8);
        foreach (uint gene in genes)
            AddType(new SeededRandom(gene));
    }

    /// <param name="genes">A number for each type.</param>
    /// <param name="uniqueNames">Whether no two types have one name, as within one compilation unit.</param>
    public static BtfBuilder Of(IReadOnlyList<uint> genes, bool uniqueNames) => new GeneratedBtf(genes, uniqueNames)._builder;

    private void AddType(SeededRandom dice)
    {
        _made++;
        switch (dice.Below(12))
        {
            case 0:
                uint size = 1u << dice.Below(4);
                Add(_builder.AddInt(Name(dice, "n"), size, dice.Below(2) == 0 ? BtfIntEncoding.Signed : BtfIntEncoding.None), size, size);
                break;
            case 1:
                Add(_builder.AddPtr(Any(dice)), 8, 8);
                break;
            case 2:
                (BtfTypeId element, uint elementSize, uint align) = Sized(dice);
                uint length = (uint)dice.Below(5);
                Add(_builder.AddArray(element, new BtfTypeId(1), length), elementSize * length, align);
                break;
            case 3 or 4 or 5:
                AddComposite(dice, isUnion: false);
                break;
            case 6:
                AddComposite(dice, isUnion: true);
                break;
            case 7:
                string prefix = Name(dice, "E");
                Add(_builder.AddEnum(prefix, 4, false, [.. Enumerable.Range(0, 1 + dice.Below(3)).Select(i => ((BtfString)$"{prefix}_V{i}", (long)dice.Below(100)))]), 4, 4);
                break;
            case 8:
                (BtfTypeId aliased, uint aliasedSize, uint aliasedAlign) = Sized(dice);
                Add(_builder.AddTypedef(Name(dice, "t"), aliased), aliasedSize, aliasedAlign);
                break;
            case 9:
                BtfTypeId qualified = Any(dice);
                _any.Add(dice.Below(2) == 0 ? _builder.AddConst(qualified) : _builder.AddVolatile(qualified));
                break;
            case 10:
                _any.Add(_builder.AddFwd(Name(dice, "f"), dice.Below(2) == 0 ? BtfKind.Struct : BtfKind.Union));
                break;
            default:
                BtfTypeId result = _sized[dice.Below(3)].Id;
                BtfTypeId prototype = _builder.AddFuncProto(result, [.. Enumerable.Range(0, dice.Below(3)).Select(i => new BtfParameter($"p{i}", _sized[dice.Below(3)].Id))]);
                Add(_builder.AddPtr(prototype), 8, 8);
                break;
        }
    }

    private void AddComposite(SeededRandom dice, bool isUnion)
    {
        var members = new List<BtfMember>();
        uint end = 0, align = 1;
        BtfTypeId self = _builder.Reserve();
        int count = 1 + dice.Below(4);
        for (int i = 0; i < count; i++)
        {
            if (dice.Below(6) == 0)
            {
                // What points to the struct that it is in makes a circle.
                BtfTypeId pointer = _builder.AddPtr(self);
                Place($"m{i}", pointer, 8, 8, 0);
            }
            else if (dice.Below(5) == 0)
            {
                Place($"m{i}", new BtfTypeId(1), 4, 4, 1 + (uint)dice.Below(30));
            }
            else
            {
                (BtfTypeId id, uint size, uint alignment) = Sized(dice);
                Place($"m{i}", id, size, alignment, 0);
            }
        }

        uint total = (end + align - 1) / align * align;
        string name = Name(dice, isUnion ? "u" : "s");
        BtfMember[] all = [.. members];
        _builder.Define(self, isUnion ? _builder.AddUnion(name, total, all) : _builder.AddStruct(name, total, all));
        Add(self, total, align);

        void Place(string member, BtfTypeId id, uint size, uint alignment, uint bits)
        {
            uint at = isUnion ? 0 : ((end + alignment - 1) / alignment * alignment) + (uint)(dice.Below(8) == 0 ? (int)alignment : 0);
            members.Add(new BtfMember(member, id, 8 * at, bits));
            end = Math.Max(end, at + size);
            align = Math.Max(align, alignment);
        }
    }

    private void Add(BtfTypeId id, uint size, uint align)
    {
        _sized.Add((id, size, align));
        _any.Add(id);
    }

    private (BtfTypeId Id, uint Size, uint Align) Sized(SeededRandom dice)
    {
        (BtfTypeId Id, uint Size, uint Align) chosen = _sized[dice.Below(_sized.Count)];
        return chosen.Size <= MaxNested ? chosen : _sized[0];
    }

    private BtfTypeId Any(SeededRandom dice) => _any[dice.Below(_any.Count)];

    private string Name(SeededRandom dice, string prefix)
    {
        string name = Names[dice.Below(Names.Length)];
        return _uniqueNames ? $"{prefix}_{name}{_made}" : $"{prefix}_{name}";
    }
}
