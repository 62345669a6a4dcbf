namespace P3Ebpf.Btf.Tests.Print;

public class BtfLayoutPrinterTests
{
    // What pahole 1.24 says of the same BTF: pahole -C NAME vmlinux-6.12.117-amd64.btf
    [Theory]
    [InlineData("task_struct", 9792, 153, 262, 9675, 19, 101, 83, 2, 45, 0, 0)]
    [InlineData("net_device", 2560, 40, 184, 2506, 13, 44, 28, 2, 52, 0, 0)]
    [InlineData("sock", 776, 13, 107, 773, 1, 1, 12, 1, 4, 0, 8)]
    [InlineData("rq", 3456, 54, 75, 3346, 11, 94, 0, 0, 0, 16, 0)]
    [InlineData("sk_buff", 232, 4, 28, 227, 1, 4, 8, 0, 0, 0, 40)]
    [InlineData("hrtimer", 64, 1, 8, 60, 0, 0, 0, 0, 0, 4, 0)]
    public void Agrees_with_pahole(
        string name, int size, int cacheLines, int members, int memberBytes, int holes, int holeBytes, int bitfieldBits, int bitHoles, int bitHoleBits,
        int padding, int lastCacheLine)
    {
        CapturedBtf.Read("vmlinux-6.12.117-amd64").TryFind(name, BtfKind.Struct, out BtfType type).Should().BeTrue();

        var layout = new BtfStructLayout(type);

        (layout.Size, layout.CacheLineCount, layout.MemberCount, layout.MemberBytes).Should().Be(((uint)size, cacheLines, members, (ulong)memberBytes));
        (layout.HoleCount, layout.HoleBytes).Should().Be((holes, (ulong)holeBytes));
        (layout.BitfieldBits, layout.BitHoleCount, layout.BitHoleBits).Should().Be(((ulong)bitfieldBits, bitHoles, (ulong)bitHoleBits));
        (layout.PaddingBytes, layout.LastCacheLineBytes).Should().Be(((ulong)padding, lastCacheLine));
    }

    [Fact]
    public void Prints_a_struct_of_the_kernel()
    {
        CapturedBtf.Read("vmlinux-6.12.117-amd64").TryFind("sched_entity", BtfKind.Struct, out BtfType type).Should().BeTrue();

        BtfLayoutPrinter.ToText(type).Should().Be(
            """
            struct sched_entity {
                struct load_weight load;               /*     0      16 */
                struct rb_node run_node;               /*    16      24 */
                u64 deadline;                          /*    40       8 */
                u64 min_vruntime;                      /*    48       8 */
                u64 min_slice;                         /*    56       8 */
                /* ---- cache line 1: byte 64 ---- */
                struct list_head group_node;           /*    64      16 */
                unsigned char on_rq;                   /*    80       1 */
                unsigned char sched_delayed;           /*    81       1 */
                unsigned char rel_deadline;            /*    82       1 */
                unsigned char custom_slice;            /*    83       1 */
                /* hole of 4 bytes */
                u64 exec_start;                        /*    88       8 */
                u64 sum_exec_runtime;                  /*    96       8 */
                u64 prev_sum_exec_runtime;             /*   104       8 */
                u64 vruntime;                          /*   112       8 */
                s64 vlag;                              /*   120       8 */
                /* ---- cache line 2: byte 128 ---- */
                u64 slice;                             /*   128       8 */
                u64 nr_migrations;                     /*   136       8 */
                int depth;                             /*   144       4 */
                /* hole of 4 bytes */
                struct sched_entity *parent;           /*   152       8 */
                struct cfs_rq *cfs_rq;                 /*   160       8 */
                struct cfs_rq *my_q;                   /*   168       8 */
                long unsigned int runnable_weight;     /*   176       8 */
                /* hole of 8 bytes */
                /* ---- cache line 3: byte 192 ---- */
                struct sched_avg avg;                  /*   192      64 */

                /* 256 bytes in 4 cache lines; aligned to 8 */
                /* 23 members of 240 bytes */
                /* 3 holes of 16 bytes in all */
            };

            """);
    }

    [Fact]
    public void Shows_bitfields_and_what_is_within_anonymous_members()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint half = btf.Int("short", 2, encoding: 1);
        uint inner = btf.Bits("", 60, ("a", number, 0, 3), ("b", number, 7, 2), ("c", half, 16, 0), ("d", btf.Array(half, 25), 72, 0));
        uint choice = btf.Union("", 8, ("n", number), ("p", btf.Ptr(0)));
        uint outer = btf.Bits("s", 80, ("in", inner, 0, 0), ("", choice, 60 * 8, 0), ("flags", number, 544, 1));

        BtfLayoutPrinter.ToText(btf.Build()[new BtfTypeId(outer)]).Should().Be(
            """
            struct s {
                struct {
                    int a: 3;                                      /*     0:0     3 bits */
                    /* hole of 4 bits */
                    int b: 2;                                      /*     0:7     2 bits */
                    /* hole of 7 bits */
                    short c;                                       /*     2       2 */
                    /* hole of 5 bytes */
                    short d[25];                                   /*     9      50 */
                    /* padding of 1 byte */
                } in;                                              /*     0      60 */
                union {
                    int n;                                         /*    60       4 */
                    void *p;                                       /*    60       8 */
                };                                                 /*    60       8 */
                /* ---- cache line 1: byte 64, 4 bytes ago ---- */
                int flags: 1;                                      /*    68:0     1 bit */
                /* padding of 31 bits */
                /* padding of 8 bytes */

                /* 80 bytes in 2 cache lines, 16 bytes of the last; aligned to 1 */
                /* 3 members of 68 bytes and bitfields of 1 bit */
                /* padding of 8 bytes */
                /* padding of 31 bits */
            };

            """);
    }

    [Fact]
    public void Declares_other_types_with_size_and_alignment()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint alias = btf.Typedef("table", btf.Array(btf.Ptr(btf.Proto(number)), 4));
        uint choice = btf.Enum("e", 1, signed: false, ("A", 0));
        uint pair = btf.Typedef("pair_t", btf.Struct("", 4, ("a", number, 0)));
        uint function = btf.Func("run", btf.Proto(0, ("n", number)));
        uint missing = btf.Fwd("gone");
        BtfSpec spec = btf.Build();

        Text(number).Should().Be("int; /* 4 bytes, aligned to 4 */\n");
        Text(alias).Should().Be("typedef int (*table[4])(void); /* 32 bytes, aligned to 8 */\n");
        Text(choice).Should().Be("enum e {\n\tA = 0,\n} __attribute__((mode(byte))); /* 1 byte, aligned to 1 */\n");
        Text(pair).Should().StartWith("typedef struct {...} pair_t; /* 4 bytes, aligned to 4 */\nstruct {\n    int a; /*     0       4 */\n");
        Text(function).Should().Be("void run(int n);\n");
        Text(missing).Should().Be("struct gone;\n");

        string Text(uint id) => BtfLayoutPrinter.ToText(spec[new BtfTypeId(id)]);
    }

    [Fact]
    public void Refuses_what_contains_itself()
    {
        var btf = new TinyBtf();
        uint self = btf.Struct("", 8, ("s", btf.Next, 0));

        Func<BtfStructLayout> compute = () => new BtfStructLayout(btf.Build()[new BtfTypeId(self)]);

        compute.Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.TooDeep);
    }

    [Fact]
    public void What_stands_beside_names_of_other_letters_is_in_one_column()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint type = btf.Struct("s", 12, ("\u00e9t\u00e9", number, 0), ("\u20ac", number, 4), ("two\nlines", number, 8));
        BtfSpec spec = btf.Build();

        BtfLayoutPrinter.ToLines(spec[new BtfTypeId(type)]).Should().Equal(
            "struct s {",
            "    int \u00e9t\u00e9;       /*     0       4 */",
            "    int \u20ac;         /*     4       4 */",
            "    int two\nlines; /*     8       4 */",
            "",
            "    /* 12 bytes in 1 cache line, 12 bytes of the last; aligned to 4 */",
            "    /* 3 members of 12 bytes */",
            "};");
    }

    [Fact]
    public void Costs_little_more_memory_than_the_text_is_long()
    {
        const int Levels = 8;
        var btf = new TinyBtf();
        uint inner = btf.Int("int", 4, encoding: 1);
        _ = btf.Typedef(new string('n', 8000), inner); // how often types may be repeated depends on the length of the BTF
        for (int i = 0; i < Levels; i++)
            inner = btf.Struct("", 16u << i, ("", inner, 0), ("more" + i, inner, 64u << i));
        BtfType type = btf.Build()[new BtfTypeId(inner)];
        string text = BtfLayoutPrinter.ToText(type);

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = BtfLayoutPrinter.ToText(type);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        text.Length.Should().BeGreaterThan(20_000);
        allocated.Should().BeLessThan(12L * text.Length);
    }
}
