using System.Buffers.Binary;

namespace P3Ebpf.Btf.Tests;

public class BtfBuilderTests
{
    public static TheoryData<string, int, string?> Captured => CapturedBtf.All;

    [Theory]
    [MemberData(nameof(Captured))]
    public void Rebuilds_every_captured_BTF_type_by_type(string name, int types, string? baseName)
    {
        BtfSpec original = CapturedBtf.Read(name, baseName);
        var builder = new BtfBuilder(original.Base);
        foreach (BtfType type in original.OwnTypes)
            AddByFields(builder, type).Should().Be(type.Id);

        byte[] data = builder.ToArray(new BtfWriteOptions { ByteOrder = original.Header.ByteOrder });
        BtfSpec rebuilt = BtfSpec.Parse(data, new BtfReadOptions { Base = original.Base });

        rebuilt.OwnTypeCount.Should().Be(types);
        rebuilt.Header.ByteOrder.Should().Be(original.Header.ByteOrder);
        data.Length.Should().BeLessThanOrEqualTo(original.Data.Length);
        TypeEquality.FirstDifference(original, rebuilt).Should().BeNull();
    }

    [Fact]
    public void Copy_keeps_ids_and_string_offsets()
    {
        BtfSpec original = CapturedBtf.Read("mod-7.2.13-amd64.bridge", "vmlinux-7.2.13-amd64");

        BtfSpec copy = BtfBuilder.CopyOf(original).ToSpec();

        copy.Data.ToArray().Should().Equal(original.Data.ToArray());
    }

    [Fact]
    public void Writes_a_layout_section_and_either_byte_order()
    {
        BtfBuilder builder = EveryKind();
        byte[] little = builder.ToArray(new BtfWriteOptions { Layout = true, ByteOrder = BtfByteOrder.LittleEndian });
        byte[] big = builder.ToArray(new BtfWriteOptions { Layout = true, ByteOrder = BtfByteOrder.BigEndian });

        BinaryPrimitives.ReadUInt16LittleEndian(little).Should().Be(BtfHeader.Magic);
        BinaryPrimitives.ReadUInt16BigEndian(big).Should().Be(BtfHeader.Magic);
        BtfSpec fromLittle = BtfSpec.Parse(little);
        BtfSpec fromBig = BtfSpec.Parse(big);
        TypeEquality.FirstDifference(fromLittle, fromBig).Should().BeNull();
        fromBig.Header.HeaderLength.Should().Be(32);
        fromBig.Header.LayoutLength.Should().Be(80);

        // The table of tools/lib/bpf/btf.c, kinds 0..19.
        (byte Info, byte Element)[] expected =
        [
            (0, 0), (4, 0), (0, 0), (12, 0), (0, 12), (0, 12), (0, 8), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 8), (4, 0), (0, 12),
            (0, 0), (4, 0), (0, 0), (0, 12),
        ];
        for (int kind = 0; kind < expected.Length; kind++)
        {
            fromBig.TryGetLayout((BtfKind)kind, out BtfLayout layout).Should().BeTrue();
            layout.Should().Be(new BtfLayout(expected[kind].Info, expected[kind].Element, 0));
        }

        fromBig.TryGetLayout((BtfKind)20, out _).Should().BeFalse();
    }

    [Fact]
    public void Encodes_what_each_kind_can_hold()
    {
        BtfSpec spec = EveryKind().ToSpec();

        spec.TryFind("flags", BtfKind.Struct, out BtfType flags).Should().BeTrue();
        flags.KindFlag.Should().BeTrue();
        flags.Members[1].BitOffset.Should().Be(3);
        flags.Members[1].BitfieldSize.Should().Be(5);
        spec.TryFind("list_head", BtfKind.Struct, out BtfType list).Should().BeTrue();
        list.KindFlag.Should().BeFalse();
        spec[list.Members[0].TypeId].TargetId.Should().Be(list.Id);
        spec.TryFind("negative", BtfKind.Enum, out BtfType negative).Should().BeTrue();
        negative.Enumerators[0].Value.Should().Be(-1);
        spec.TryFind("large", BtfKind.Enum, out BtfType large).Should().BeTrue();
        large.Enumerators[0].Value.Should().Be(0xFFFFFFFF);
        spec.TryFind("wide", BtfKind.Enum64, out BtfType wide).Should().BeTrue();
        wide.Enumerators[0].Value.Should().Be(long.MinValue);
        wide.Enumerators[0].UnsignedValue.Should().Be(1UL << 63);
        spec.TryFind("user", BtfKind.TypeTag, out BtfType attribute).Should().BeTrue();
        attribute.KindFlag.Should().BeTrue();
    }

    [Fact]
    public void Values_of_unsigned_enumerations_are_not_negative()
    {
        var builder = new BtfBuilder();
        BtfTypeId wide = builder.AddEnum64("wide", 8, isSigned: false, ("ALL", -1), ("TOP", long.MinValue));
        BtfTypeId narrow = builder.AddEnum("narrow", 4, isSigned: false, ("ALL", 0xFFFFFFFF));
        BtfSpec spec = builder.ToSpec();

        BtfEnumerator all = spec[wide].Enumerators[0];
        all.Value.Should().Be(ulong.MaxValue);
        all.UnsignedValue.Should().Be(ulong.MaxValue);
        all.SignedValue.Should().Be(-1);
        spec[wide].Enumerators[1].Value.Should().Be(9223372036854775808m);
        BtfEnumerator low = spec[narrow].Enumerators[0];
        (low.Value, low.SignedValue, low.UnsignedValue, low.Bits).Should().Be((uint.MaxValue, uint.MaxValue, uint.MaxValue, -1));
    }

    [Fact]
    public void Forward_declarations_are_of_structs_and_unions()
    {
        var builder = new BtfBuilder();
        BtfTypeId union = builder.AddFwd("u", BtfKind.Union);
        BtfTypeId structure = builder.AddFwd("s");
        Action other = () => builder.AddFwd("e", BtfKind.Enum);

        other.Should().Throw<ArgumentOutOfRangeException>();
        BtfSpec spec = builder.ToSpec();
        spec[union].ForwardKind.Should().Be(BtfKind.Union);
        spec[structure].ForwardKind.Should().Be(BtfKind.Struct);
    }

    [Fact]
    public void Shares_strings_and_folds_identical_types_on_request()
    {
        var builder = new BtfBuilder { FoldIdenticalTypes = true };
        BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId pointer = builder.AddPtr(number);

        builder.AddInt("int", 4, BtfIntEncoding.Signed).Should().Be(number);
        builder.AddPtr(number).Should().Be(pointer);
        builder.AddInt("int", 4).Should().NotBe(number);
        builder.AddString("int").Should().Be(1);
        builder.ToSpec().OwnTypeCount.Should().Be(3);
    }

    [Fact]
    public void Continues_chained_bases()
    {
        var lowest = new BtfBuilder();
        BtfTypeId number = lowest.AddInt("int", 4, BtfIntEncoding.Signed);
        var middle = new BtfBuilder(lowest.ToSpec("lowest"));
        BtfTypeId record = middle.AddStruct("record", 4, new BtfMember("int", number, 0, 0));
        var top = new BtfBuilder(middle.ToSpec("middle"));
        BtfTypeId pointer = top.AddTypedef("record_ptr", top.AddPtr(record));

        BtfSpec spec = top.ToSpec("top");

        record.Value.Should().Be(2);
        pointer.Value.Should().Be(4);
        top.AddString("int").Should().Be(1);
        top.AddString("record").Should().Be(5);
        spec[spec[pointer].Target.TargetId].Members[0].Name.ToString().Should().Be("int");

        // The same types, flattened into one BTF without a base.
        var flat = new BtfBuilder();
        foreach (BtfType type in spec.Types)
            flat.AddCopy(type, id => id).Should().Be(type.Id);
        BtfSpec flattened = flat.ToSpec();
        flattened.OwnTypeCount.Should().Be(4);
        flattened[flattened[pointer].Target.TargetId].Members[0].Name.ToString().Should().Be("int");
    }

    [Fact]
    public void Appends_a_whole_BTF_with_shifted_ids()
    {
        BtfSpec part = EveryKind().ToSpec();
        var builder = new BtfBuilder();
        builder.AddAll(part).Value.Should().Be(1);
        builder.AddAll(part).Value.Should().Be((uint)part.OwnTypeCount + 1);

        BtfSpec twice = builder.ToSpec();

        twice.OwnTypeCount.Should().Be(2 * part.OwnTypeCount);
        twice.Header.StringLength.Should().Be(part.Header.StringLength);
        BtfMember next = twice[new BtfTypeId(Second("list_head"))].Members[0];
        twice[next.TypeId].TargetId.Value.Should().Be(Second("list_head"));

        uint Second(string name)
        {
            uint id = 0;
            foreach (BtfType type in twice.FindAll(name))
                id = type.Id.Value;
            return id;
        }
    }

    [Fact]
    public void Copies_a_graph_of_types_as_it_is_met()
    {
        BtfSpec vmlinux = CapturedBtf.Read("vmlinux-7.2.13-amd64");
        var builder = new BtfBuilder { FoldIdenticalTypes = true };
        var ids = new Dictionary<BtfTypeId, BtfTypeId>();
        vmlinux.TryFind("kref", BtfKind.Struct, out BtfType kref).Should().BeTrue();
        vmlinux.TryFind("hlist_node", BtfKind.Struct, out BtfType node).Should().BeTrue();

        Copy(kref.Id);
        Copy(node.Id);
        BtfSpec copy = builder.ToSpec();

        copy.TryFind("refcount_struct", BtfKind.Struct, out _).Should().BeTrue();
        BtfType copiedNode = copy[ids[node.Id]];
        copy[copy[copiedNode.Members[1].TypeId].TargetId].TargetId.Should().Be(copiedNode.Id);
        BtfComparison.Compare(copy, vmlinux).Differences.Should().NotContain(difference => difference.Change != BtfChange.Added);

        BtfTypeId Copy(BtfTypeId id)
        {
            if (id.IsVoid || ids.ContainsKey(id))
                return ids.GetValueOrDefault(id);
            if (!vmlinux[id].IsComposite)
                return ids[id] = builder.AddCopy(vmlinux[id], Copy);
            ids[id] = builder.Reserve();
            builder.Define(ids[id], builder.AddCopy(vmlinux[id], Copy));
            return ids[id];
        }
    }

    [Fact]
    public void Refuses_what_the_format_cannot_hold()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4);

        FluentActions.Invoking(() => builder.AddStruct("far", 4, new BtfMember("a", number, 1u << 24, 3))).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => builder.AddEnum("e", 4, false, ("A", 1L << 32))).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => builder.AddInt("huge", 64)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => builder.AddString("a\0b")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => builder.AddFuncProto(default, new BtfParameter[1 << 24])).Should().Throw<ArgumentOutOfRangeException>().WithMessage("A type has at most 16777215 elements.*");
        FluentActions.Invoking(() => builder.Define(new BtfTypeId(2), number)).Should().Throw<ArgumentOutOfRangeException>();
        builder.OwnTypeCount.Should().Be(1);

        BtfTypeId later = builder.Reserve();
        FluentActions.Invoking(() => builder.ToArray()).Should().Throw<InvalidOperationException>().WithMessage("*[2]*");
        builder.Define(later, builder.AddPtr(new BtfTypeId(7)));
        FluentActions.Invoking(() => builder.ToArray()).Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.BadTypeId);
        builder.Define(later, builder.AddPtr(number));
        builder.OwnTypeCount.Should().Be(2);
        builder.ToSpec()[later].TargetId.Should().Be(number);
    }

    [Fact]
    public void The_last_values_that_the_format_can_hold_are_held()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4, (BtfIntEncoding)15, bitCount: 255, bitOffset: 255);
        BtfTypeId values = builder.AddEnum("e", 4, isSigned: true, ("LEAST", int.MinValue), ("MOST", int.MaxValue)), unsigned = builder.AddEnum("u", 4, isSigned: false, ("MOST", uint.MaxValue));
        BtfTypeId bits = builder.AddStruct("bits", 4, new BtfMember("a", number, 0xFF_FFFF, 255), new BtfMember("b", number, 0xFF_FFFF, 0));
        BtfTypeId plain = builder.AddUnion("plain", 4, new BtfMember("a", number, uint.MaxValue, 0));
        BtfTypeId wide = builder.AddEnum64("w", 8, isSigned: true, ("LEAST", long.MinValue));
        BtfSpec spec = builder.ToSpec("source");

        spec.Source.Should().Be("source");
        BtfHeader.Read(builder.ToArray()).IsNative.Should().BeTrue("unless asked for the other it is this machine's byte order");
        (spec[number].Int.BitCount, spec[number].Int.BitOffset, (int)spec[number].Int.Encoding, spec[number].Int.IsSigned).Should().Be((255, 255, 15, true));
        (spec[values].Enumerators[0].SignedValue, spec[values].Enumerators[1].SignedValue, spec[unsigned].Enumerators[0].UnsignedValue).Should().Be((int.MinValue, int.MaxValue, uint.MaxValue));
        (spec[bits].Members[0].BitOffset, spec[bits].Members[0].BitfieldSize, spec[bits].Members[1].BitOffset).Should().Be((0xFF_FFFFu, 255u, 0xFF_FFFFu));
        spec[plain].Members[0].BitOffset.Should().Be(uint.MaxValue);
        spec[wide].Enumerators[0].SignedValue.Should().Be(long.MinValue);
        foreach (Action beyond in new Action[]
        {
            () => builder.AddInt("i", 4, bitCount: 256), () => builder.AddInt("i", 4, bitCount: -1), () => builder.AddInt("i", 4, bitOffset: 256), () => builder.AddInt("i", 4, bitOffset: -1), () => builder.AddInt("i", 32),
            () => builder.AddInt("i", 4, (BtfIntEncoding)16), () => builder.AddEnum("e", 4, true, ("A", int.MinValue - 1L)), () => builder.AddEnum("e", 4, true, ("A", uint.MaxValue + 1L)),
            () => builder.AddStruct("s", 4, new BtfMember("a", number, 0, 256)), () => builder.AddStruct("s", 4, new BtfMember("a", number, 0, 3), new BtfMember("b", number, 0x100_0000, 0)),
        })
        {
            beyond.Should().Throw<ArgumentOutOfRangeException>();
        }

        builder.AddInt("last", 31).Value.Should().Be(7, "31 bytes have 248 bits, and what was refused took no id");
    }

    [Fact]
    public void Many_types_and_strings_keep_their_places()
    {
        var builder = new BtfBuilder();
        List<(BtfTypeId Id, uint Name)> added = [];
        for (int i = 0; i < 3000; i++)
            added.Add((builder.AddInt($"{i}_{new string((char)('a' + (i % 26)), i % 90)}", 4), builder.AddString($"string {i}")));
        BtfSpec spec = builder.ToSpec();

        for (int i = 0; i < added.Count; i++)
        {
            added[i].Id.Value.Should().Be((uint)i + 1);
            spec[added[i].Id].Name.ToString().Should().StartWith($"{i}_");
            spec.GetString(added[i].Name).ToString().Should().Be($"string {i}");
            builder.AddString($"string {i}").Should().Be(added[i].Name, "each string is there once");
        }

        builder.ToSpec().Header.StringLength.Should().Be(spec.Header.StringLength);
        builder.AddString("").Should().Be(0);
        builder.AddString("0_").Should().Be(1);
        builder.AddString("tring 7").Should().Be(spec.Header.StringLength, "ends of other strings are strings of their own");
    }

    [Fact]
    public void Strings_may_have_so_many_bytes_and_no_more()
    {
        var builder = new BtfBuilder(null, maxStringLength: 8, pointerSize: 4);
        builder.AddString("abc").Should().Be(1);
        builder.AddString("ab").Should().Be(5);

        builder.Invoking(each => each.AddString("c")).Should().Throw<BtfFormatException>().WithMessage("the strings to be written exceed 8 bytes").Which.Code.Should().Be(BtfErrorCode.SizeOverflow);
        builder.AddString("abc").Should().Be(1);
        builder.ToSpec().PointerSize.Should().Be(4);
    }

    [Fact]
    public void A_reserved_id_is_what_it_is_defined_as_last()
    {
        var builder = new BtfBuilder { FoldIdenticalTypes = true };
        BtfTypeId number = builder.AddInt("int", 4), reserved = builder.Reserve();
        builder.NextId.Value.Should().Be(3);
        builder.Define(reserved, builder.AddPtr(number));
        builder.OwnTypeCount.Should().Be(2, "the id of what was added is free again");
        var again = new BtfBuilder { FoldIdenticalTypes = true };
        BtfTypeId later = again.Reserve();
        again.Define(later, again.AddPtr(BtfTypeId.Void));
        (again.AddPtr(BtfTypeId.Void).Value, again.OwnTypeCount).Should().Be((2u, 2), "and is given to the next");
        builder.AddConst(number).Value.Should().Be(3);
        builder.AddPtr(number).Value.Should().Be(4, "what was added first has gone");
        builder.AddPtr(number).Value.Should().Be(4);

        builder.Define(reserved, number);
        builder.Define(number, number);
        builder.OwnTypeCount.Should().Be(4, "an older type keeps its id");
        builder.ToSpec()[reserved].Name.ToString().Should().Be("int");
        foreach (uint id in new uint[] { 0, 5 })
        {
            builder.Invoking(each => each.Define(new BtfTypeId(id), number)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("id").WithMessage($"Type [{id}] is not one of those from [1] up to, not including, [5].*");
            builder.Invoking(each => each.Define(number, new BtfTypeId(id))).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("added");
        }
    }

    [Fact]
    public void Only_types_of_a_shared_base_are_appended()
    {
        BtfSpec lowest = EveryKind().ToSpec();
        var middleBuilder = new BtfBuilder(lowest);
        BtfTypeId alias = middleBuilder.AddTypedef("alias", new BtfTypeId(1));
        BtfSpec middle = middleBuilder.ToSpec();
        var top = new BtfBuilder(middle);

        BtfTypeId first = top.AddAll(middle);
        BtfSpec spec = top.ToSpec();

        first.Should().Be(new BtfTypeId(middle.TypeCount));
        (spec[first].Name.ToString(), spec[first].TargetId).Should().Be(("alias", new BtfTypeId(1)), "ids of the base stay");
        spec.Header.StringLength.Should().Be(0, "its names are those of the base");
        top.AddAll(lowest).Should().Be(new BtfTypeId(first.Value + 1), "what has no base goes anywhere");
        top.Invoking(each => each.AddAll(new BtfBuilder(EveryKind().ToSpec()).ToSpec())).Should().Throw<ArgumentException>().WithMessage("The base of the BTF is not a base of the one being built.*");
        new BtfBuilder().Invoking(each => each.AddAll(middle)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => top.AddAll(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => top.AddCopy(default, null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => BtfBuilder.CopyOf(null!)).Should().Throw<ArgumentNullException>();
        top.AddCopy(default, id => id).IsVoid.Should().BeTrue();
        BtfBuilder copy = BtfBuilder.CopyOf(middle);
        (copy.Base, copy.NextId, copy.ToSpec()[alias].Name.ToString()).Should().Be((lowest, new BtfTypeId(middle.TypeCount), "alias"));
        copy.AddString("alias").Should().Be(lowest.Header.StringLength, "the strings of the copy are known");
    }

    [Fact]
    [Trait("Needs", "Kernel")]
    public void The_kernel_accepts_every_kind()
    {
        Requires.Kernel("6.15", "all kinds and flags of BTF");
        int error = BpfSystemCall.LoadBtf(EveryKind().ToArray(), out string log);
        error.Should().Be(0, log);
    }

    /// <summary>One BTF with a type of every kind, of which the kernel can take all.</summary>
    internal static BtfBuilder EveryKind()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId character = builder.AddInt("char", 1, BtfIntEncoding.Char);
        BtfTypeId list = builder.Reserve();
        BtfTypeId pointer = builder.AddPtr(list);
        builder.Define(list, builder.AddStruct("list_head", 16, new BtfMember("next", pointer, 0, 0), new BtfMember("prev", pointer, 64, 0)));
        _ = builder.AddStruct("flags", 4, new BtfMember("low", number, 0, 3), new BtfMember("high", number, 3, 5), new BtfMember("rest", character, 24, 0));
        _ = builder.AddUnion("either", 4, new BtfMember("number", number, 0, 0), new BtfMember("character", character, 0, 0));
        _ = builder.AddArray(character, number, 16);
        _ = builder.AddEnum("negative", 4, true, ("MINUS", -1), ("PLUS", 1));
        _ = builder.AddEnum("large", 4, false, ("LARGE", 0xFFFFFFFF));
        _ = builder.AddEnum64("wide", 8, true, ("LOWEST", long.MinValue), ("HIGHEST", long.MaxValue));
        _ = builder.AddFwd("hidden", BtfKind.Union);
        BtfTypeId alias = builder.AddTypedef("integer", number);
        _ = builder.AddVolatile(number);
        _ = builder.AddConst(number);
        _ = builder.AddPtr(builder.AddRestrict(pointer));
        BtfTypeId prototype = builder.AddFuncProto(number, new BtfParameter("list", pointer), new BtfParameter("count", number));
        BtfTypeId function = builder.AddFunc("visit", prototype, BtfLinkage.Global);
        BtfTypeId variable = builder.AddVar("counter", number, BtfLinkage.Global);
        _ = builder.AddDataSec(".bss", 4, new BtfSectionVariable(variable, 0, 4));
        _ = builder.AddFloat("double", 8);
        _ = builder.AddDeclTag("mark", alias);
        _ = builder.AddDeclTag("argument", function, 1);
        _ = builder.AddPtr(builder.AddTypeTag("user", number, isAttribute: true));
        return builder;
    }

    /// <summary>Adds a type through the method for its kind, with what the reader says of it.</summary>
    private static BtfTypeId AddByFields(BtfBuilder builder, BtfType type)
    {
        switch (type.Kind)
        {
            case BtfKind.Int:
                return builder.AddInt(type.Name, type.Size, type.Int.Encoding, type.Int.BitCount, type.Int.BitOffset);
            case BtfKind.Ptr:
                return builder.AddPtr(type.TargetId);
            case BtfKind.Array:
                return builder.AddArray(type.Array.ElementTypeId, type.Array.IndexTypeId, type.Array.Length);
            case BtfKind.Struct or BtfKind.Union:
                var members = new BtfMember[type.Members.Count];
                for (int i = 0; i < members.Length; i++)
                    members[i] = type.Members[i];
                return type.Kind == BtfKind.Struct ? builder.AddStruct(type.Name, type.Size, members) : builder.AddUnion(type.Name, type.Size, members);
            case BtfKind.Enum or BtfKind.Enum64:
                var values = new (BtfString, long)[type.Enumerators.Count];
                for (int i = 0; i < values.Length; i++)
                    values[i] = (type.Enumerators[i].Name, type.Enumerators[i].SignedValue);
                return type.Kind == BtfKind.Enum
                    ? builder.AddEnum(type.Name, type.Size, type.KindFlag, values)
                    : builder.AddEnum64(type.Name, type.Size, type.KindFlag, values);
            case BtfKind.Fwd:
                return builder.AddFwd(type.Name, type.ForwardKind);
            case BtfKind.Typedef:
                return builder.AddTypedef(type.Name, type.TargetId);
            case BtfKind.Volatile:
                return builder.AddVolatile(type.TargetId);
            case BtfKind.Const:
                return builder.AddConst(type.TargetId);
            case BtfKind.Restrict:
                return builder.AddRestrict(type.TargetId);
            case BtfKind.Func:
                return builder.AddFunc(type.Name, type.TargetId, type.Linkage);
            case BtfKind.FuncProto:
                var parameters = new BtfParameter[type.Parameters.Count];
                for (int i = 0; i < parameters.Length; i++)
                    parameters[i] = type.Parameters[i];
                return builder.AddFuncProto(type.TargetId, parameters);
            case BtfKind.Var:
                return builder.AddVar(type.Name, type.TargetId, type.Linkage);
            case BtfKind.DataSec:
                var variables = new BtfSectionVariable[type.SectionVariables.Count];
                for (int i = 0; i < variables.Length; i++)
                    variables[i] = type.SectionVariables[i];
                return builder.AddDataSec(type.Name, type.Size, variables);
            case BtfKind.Float:
                return builder.AddFloat(type.Name, type.Size);
            case BtfKind.DeclTag:
                return builder.AddDeclTag(type.Name, type.TargetId, type.ComponentIndex, type.KindFlag);
            case BtfKind.TypeTag:
                return builder.AddTypeTag(type.Name, type.TargetId, type.KindFlag);
            default:
                throw new InvalidOperationException(type.ToString());
        }
    }
}
