namespace P3Ebpf.Btf.Tests;

public class BtfComparisonTests
{
    // Facts of these kernels as bpftool dumps them. Offsets and sizes are in bits.
    [Theory]
    [InlineData("5.10.0-46-cloud-amd64", "6.1.0-56-cloud-amd64", "task_struct", "9344 9728",
        "+__state@192:32 unsigned int", "-state@128:64 volatile long int", "Moved stack@192:64 stack@256:64", "Moved exit_state@17056:32 exit_state@18464:32")]
    [InlineData("5.10.0-46-cloud-amd64", "6.1.0-56-cloud-amd64", "exception_table_entry", "12 12", "Renamed handler@64:32 data@64:32")]
    [InlineData("5.10.0-46-cloud-amd64", "6.1.0-56-cloud-amd64", "bpf_prog", "56 72", "+blinding_requested@21:1 u16", "Moved blinded@21:1 blinded@22:1")]
    [InlineData("6.12.117-amd64", "7.2.13-amd64", "bpf_reg_state", "120 88", "Renamed off@32:32 delta@32:32")]
    [InlineData("6.12.117-amd64", "7.2.13-amd64", "fuse_io_args", "224 240",
        "Renamed write.page_locked@384:8 write.folio_locked@384:8", "Resized ap@448:1216 ap@448:1344", "Moved io@1664:64 io@1792:64")]
    public void FindsWhatBecameOfFields(string oldKernel, string newKernel, string name, string sizes, params string[] expected)
    {
        BtfComparison comparison = BtfComparison.Compare(CapturedBtf.Read("vmlinux-" + oldKernel), CapturedBtf.Read("vmlinux-" + newKernel), [name]);

        BtfTypeDifference difference = comparison.Differences.Should().ContainSingle(found => found.Kind == BtfKind.Struct).Subject;
        difference.Name.Should().Be(name);
        difference.Change.Should().Be(BtfChange.Changed);
        $"{difference.OldSize} {difference.NewSize}".Should().Be(sizes);
        difference.Fields.Select(Text).Should().Contain(expected);
    }

    [Fact]
    public void Finds_what_became_of_other_types()
    {
        BtfSpec old = CapturedBtf.Read("vmlinux-5.10.0-46-cloud-amd64");
        BtfSpec now = CapturedBtf.Read("vmlinux-6.1.0-56-cloud-amd64");

        BtfComparison comparison = BtfComparison.Compare(old, now);

        Only("folio", BtfKind.Struct).Change.Should().Be(BtfChange.Added);
        Only("folio", BtfKind.Struct).NewSize.Should().Be(112);
        Only("hd_struct", BtfKind.Struct).Change.Should().Be(BtfChange.Removed);
        Only("bpf_cmd", BtfKind.Enum).Enumerators.Should().ContainSingle().Which.New!.Value.Name.ToString().Should().Be("BPF_PROG_RUN");
        Only("PageMovable", BtfKind.Func).OldText.Should().Be("int PageMovable(struct page *page)");
        Only("PageMovable", BtfKind.Func).NewText.Should().Be("bool PageMovable(struct page *page)");
        Only("btf_trace_block_getrq", BtfKind.Typedef).OldText.Should().Be("void (*)(void *, struct request_queue *, struct bio *, int)");
        Only("btf_trace_block_getrq", BtfKind.Typedef).NewText.Should().Be("void (*)(void *, struct bio *)");
        comparison.Differences.Should().NotContain(difference => difference.Name == "list_head");

        // The other way round everything added is removed.
        BtfComparison reverse = BtfComparison.Compare(now, old);
        Counts(reverse, BtfChange.Removed).Should().Equal(Counts(comparison, BtfChange.Added));
        Counts(reverse, BtfChange.Added).Should().Equal(Counts(comparison, BtfChange.Removed));

        BtfTypeDifference Only(string name, BtfKind kind) =>
            comparison.Differences.Should().ContainSingle(difference => difference.Name == name && difference.Kind == kind).Subject;
    }

    [Fact]
    public void Names_of_bad_bytes_cost_little_more_than_others()
    {
        const int Damaged = 2000, AtEnd = 500;
        byte[] data = TestData.Btf("dedup/uapi3");
        var old = BtfSpec.Parse(data.ToArray());
        data.AsSpan(data.Length - AtEnd - Damaged, Damaged).Fill(0xFF);
        var now = BtfSpec.Parse(data);
        BtfComparison.Compare(old, now).Differences.Should().NotBeEmpty();

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = BtfComparison.Compare(old, now);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16L * 2 * data.Length);
    }

    [Theory]
    [InlineData("vmlinux-7.2.13-amd64")]
    [InlineData("vmlinux-6.12.117-amd64")]
    public void The_same_types_at_other_ids_are_equal(string name)
    {
        BtfSpec spec = CapturedBtf.Read(name);

        // The copy has every type at another id.
        var moved = new BtfBuilder();
        _ = moved.AddInt("moved", 1);
        _ = moved.AddAll(spec);

        BtfComparison.Compare(spec, moved.ToSpec()).Differences.Should().ContainSingle().Which.Name.Should().Be("moved");
    }

    [Fact]
    public void Looks_through_unnamed_types_and_arrays_of_them()
    {
        BtfSpec old = Unnamed("inner", 0);
        BtfSpec now = Unnamed("other", 32);

        BtfTypeDifference difference = BtfComparison.Compare(old, now).Differences.Should().ContainSingle().Subject;

        difference.Fields.Select(Text).Should().BeEquivalentTo(
            "Renamed flat_inner@0:32 flat_other@0:32", "+array[].other@32:32 int", "-array[].inner@0:32 int");

        static BtfSpec Unnamed(string name, uint offset)
        {
            var builder = new BtfBuilder();
            BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
            BtfTypeId flat = builder.AddUnion(default, 4, new BtfMember("flat_" + name, number, 0, 0));
            BtfTypeId element = builder.AddStruct(default, 8, new BtfMember(name, number, offset, 0));
            _ = builder.AddStruct(
                "outer", 36, new BtfMember(default, builder.AddConst(flat), 0, 0), new BtfMember("array", builder.AddArray(element, number, 4), 32, 0));
            return builder.ToSpec();
        }
    }

    [Fact]
    public void Matches_types_of_one_name_with_their_likes()
    {
        BtfSpec old = Slots(("slot", "a b c"), ("slot", "x y"), ("slot", "p q"));
        BtfSpec now = Slots(("slot", "x y z"), ("slot", "p q"), ("slot", "a b d"), ("slot", "new"));

        IReadOnlyList<BtfTypeDifference> differences = BtfComparison.Compare(old, now).Differences;

        differences.Select(difference => $"{difference.Change} {string.Join(' ', difference.Fields.Select(field => field.Changes))}")
            .Should().BeEquivalentTo("Changed Added", "Changed Renamed", "Added ");

        static BtfSpec Slots(params (string Name, string Fields)[] structs)
        {
            var builder = new BtfBuilder();
            BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
            foreach ((string name, string fields) in structs)
            {
                BtfMember[] members = [.. fields.Split(' ').Select((field, index) => new BtfMember(field, number, 32 * (uint)index, 0))];
                _ = builder.AddStruct(name, 4 * (uint)members.Length, members);
            }

            return builder.ToSpec();
        }
    }

    [Fact]
    public void A_flavour_matches_its_type_unless_the_name_is_there_itself()
    {
        BtfSpec program = Tasks(("task", 8), ("task___old", 4));

        BtfComparison.Compare(Tasks(("task___old", 8)), Tasks(("task", 8))).Differences.Should().BeEmpty();
        BtfTypeDifference difference = BtfComparison.Compare(program, Tasks(("task", 16))).Differences.Single(found => found.Change == BtfChange.Changed);
        difference.OldSize.Should().Be(8);
        difference.NewSize.Should().Be(16);

        static BtfSpec Tasks(params (string Name, uint Size)[] structs)
        {
            var builder = new BtfBuilder();
            foreach ((string name, uint size) in structs)
                _ = builder.AddStruct(name, size);
            return builder.ToSpec();
        }
    }

    [Fact]
    public void Bears_circles_and_multiplying_types()
    {
        BtfSpec old = Hostile(0);
        BtfSpec now = Hostile(1);

        BtfComparison.Compare(old, now).Differences.Select(difference => difference.Name).Should().Contain(["root", "prototype", "circle"]);

        static BtfSpec Hostile(uint tail)
        {
            var builder = new BtfBuilder();
            BtfTypeId leaf = builder.AddInt("int", 4 + tail);
            BtfTypeId level = leaf;
            for (int i = 0; i < 40; i++)
            {
                level = builder.AddStruct(
                    default, 64, new BtfMember("a", level, 0, 0), new BtfMember("b", level, 1, 0), new BtfMember(default, level, 2, 0), new BtfMember(default, level, 3, 0));
            }

            _ = builder.AddStruct("root", 64 + tail, new BtfMember("a", level, 0, 0), new BtfMember("b", level, 0, 0));
            BtfTypeId prototype = builder.AddFuncProto(leaf, new BtfParameter("p", new BtfTypeId(builder.NextId.Value + 1)), new BtfParameter("q", new BtfTypeId(builder.NextId.Value + 1)));
            _ = builder.AddPtr(prototype);
            _ = builder.AddFunc("prototype", prototype, BtfLinkage.Static);
            BtfTypeId circle = builder.NextId;
            _ = builder.AddConst(new BtfTypeId(circle.Value + 1));
            _ = builder.AddVolatile(circle);
            _ = builder.AddStruct("circle", tail, new BtfMember("m", circle, 0, 0), new BtfMember("n", circle, tail, 0));
            return builder.ToSpec();
        }
    }

    private static string Text(BtfFieldDifference difference) => difference.Changes switch
    {
        BtfFieldChanges.Added => $"+{Place(difference.New!)} {difference.New!.Type}",
        BtfFieldChanges.Removed => $"-{Place(difference.Old!)} {difference.Old!.Type}",
        _ => $"{difference.Changes} {Place(difference.Old!)} {Place(difference.New!)}",
    };

    private static string Place(BtfField field) => $"{field.Path}@{field.BitOffset}:{field.BitSize}";

    private static Dictionary<BtfKind, int> Counts(BtfComparison comparison, BtfChange change) => comparison.Differences
        .Where(difference => difference.Change == change)
        .GroupBy(difference => difference.Kind)
        .ToDictionary(group => group.Key, group => group.Count());
}
