using System.Text;

namespace P3Ebpf.Btf.Tests.Print;

public class BtfCPrinterTests
{
    [Fact]
    public void Defines_what_is_contained_and_announces_what_is_pointed_to()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint later = btf.Next + 4;
        uint pointer = btf.Ptr(later);
        uint self = btf.Next + 1;
        uint next = btf.Ptr(self);
        _ = btf.Struct("node", 24, ("next", next, 0), ("outer", pointer, 8), ("pair", btf.Next + 1, 16));
        _ = btf.Struct("pair", 8, ("a", number, 0), ("b", number, 4));
        _ = btf.Struct("outer", 24, ("head", self, 0));

        C(btf).Should().Be(
            """
            struct outer;

            struct pair {
            	int a;
            	int b;
            };

            struct node {
            	struct node *next;
            	struct outer *outer;
            	struct pair pair;
            };

            struct outer {
            	struct node head;
            };


            """);
    }

    [Fact]
    public void Writes_declarators()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint text = btf.Ptr(btf.Of(BtfKind.Const, btf.Int("char", 1)));
        uint handler = btf.Ptr(btf.Proto(number, ("", btf.Ptr(0)), ("", btf.Int("long int", 8, 1)), ("", 0)));
        uint matrix = btf.Array(btf.Array(number, 3), 2);
        uint table = btf.Array(handler, 4);
        uint pointerToArray = btf.Ptr(btf.Array(text, 5));
        uint constPointer = btf.Of(BtfKind.Const, btf.Ptr(btf.Of(BtfKind.Volatile, number)));
        uint user = btf.Ptr(btf.Of(BtfKind.TypeTag, btf.Of(BtfKind.Const, number), "user"));
        uint constArray = btf.Of(BtfKind.Const, btf.Array(number, 2));
        uint restricted = btf.Of(BtfKind.Restrict, btf.Ptr(0));
        uint finder = btf.Ptr(btf.Proto(btf.Ptr(btf.Proto(0)), ("", handler)));
        _ = btf.Struct("s", 200, ("text", text, 0), ("matrix", matrix, 8), ("table", table, 32), ("to_array", pointerToArray, 64),
            ("fixed", constPointer, 72), ("user", user, 80), ("limits", constArray, 88), ("only", restricted, 96), ("find", finder, 104),
            ("data", btf.Array(number, 0), 112));

        C(btf).Should().StartWith(
            """
            struct s {
            	const char *text;
            	int matrix[2][3];
            	int (*table[4])(void *, long int, ...);
            	const char *(*to_array)[5];
            	volatile int *const fixed;
            	const int __attribute__((btf_type_tag("user"))) *user;
            	const int limits[2];
            	void *restrict only;
            	void (*(*find)(int (*)(void *, long int, ...)))(void);
            	int data[0];
            	long: 64;
            """);
    }

    [Fact]
    public void An_absurd_gap_after_a_bitfield_takes_two_lines()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("unsigned int", 4);
        _ = btf.Bits("absurd", 0xFFFFFFFC, ("a", number, 0, 3));

        C(btf).Should().Contain(
            """
            struct absurd {
            	unsigned int a: 3;
            	char: 5;
            	unsigned char __padding_1[4294967291];
            };
            """);
    }

    [Fact]
    public void Keeps_offsets_with_padding_bitfields_and_packing()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("unsigned int", 4);
        uint small = btf.Int("unsigned char", 1);
        uint wide = btf.Int("long long unsigned int", 8);
        _ = btf.Bits("bits", 12, ("a", number, 0, 3), ("b", number, 5, 7), ("c", number, 32, 4), ("d", small, 40, 0), ("e", small, 48, 2));
        _ = btf.Struct("gap", 32, ("a", number, 0), ("b", wide, 16));
        _ = btf.Struct("odd", 6, ("a", small, 0), ("b", number, 1));
        _ = btf.Union("u", 64, ("a", wide));
        _ = btf.Struct("empty", 0);
        _ = btf.Struct("opaque", 4096);
        _ = btf.Bits("straddling", 8, ("a", number, 0, 30), ("b", number, 30, 10));

        C(btf).Should().Be(
            """
            struct bits {
            	unsigned int a: 3;
            	int: 2;
            	unsigned int b: 7;
            	int: 20;
            	unsigned int c: 4;
            	unsigned char d;
            	unsigned char e: 2;
            	int: 14;
            	int: 32;
            };

            struct gap {
            	unsigned int a;
            	long: 32;
            	long: 64;
            	long long unsigned int b;
            	long: 64;
            };

            struct odd {
            	unsigned char a;
            	unsigned int b;
            	long: 8;
            } __attribute__((packed));

            union u {
            	long long unsigned int a;
            	unsigned char __padding_1[64];
            };

            struct empty {};

            struct opaque {
            	unsigned char __padding_1[4096];
            };

            struct straddling {
            	unsigned int a: 30;
            	unsigned int b: 10;
            	long: 24;
            } __attribute__((packed));


            """);
    }

    // 64-bit numbers are aligned to 4 bytes on i386 and to 8 on arm; the padding makes both come out alike.
    [Fact]
    public void Pads_for_every_machine_with_four_byte_pointers()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint wide = btf.Int("long long int", 8, encoding: 1);
        _ = btf.Struct("arm", 16, ("a", number, 0), ("b", wide, 8));
        _ = btf.Struct("i386", 12, ("a", number, 0), ("b", wide, 4));

        C(btf, pointerSize: 4).Should().Be(
            """
            struct arm {
            	int a;
            	int: 32;
            	long long int b;
            };

            struct i386 {
            	int a;
            	long long int b;
            } __attribute__((packed));


            """);
    }

    [Fact]
    public void Writes_enumerations_of_every_size()
    {
        var btf = new TinyBtf();
        _ = btf.Int("int", 4, encoding: 1);
        _ = btf.Enum("tiny", 1, signed: true, ("T", -1));
        _ = btf.Enum("top", 4, signed: false, ("M", -1));
        _ = btf.Enum64("big", signed: false, ("B", ulong.MaxValue));
        _ = btf.Enum64("low", signed: true, ("L", 1UL << 63), ("K", ulong.MaxValue));
        _ = btf.Enum("fwd", 4, signed: false);
        _ = btf.Enum("", 4, signed: false, ("ALONE", 1));
        _ = btf.Struct("s", 4, ("mode", btf.Next + 1, 0));
        _ = btf.Enum("", 4, signed: false, ("INSIDE", 1));

        C(btf).Should().Be(
            """
            enum tiny {
            	T = -1,
            } __attribute__((mode(byte)));

            enum top {
            	M = 4294967295,
            };

            enum big {
            	B = 18446744073709551615ULL,
            } __attribute__((mode(DI)));

            enum low {
            	L = (-9223372036854775807LL - 1),
            	K = -1LL,
            } __attribute__((mode(DI)));

            enum fwd;

            enum {
            	ALONE = 1,
            };

            struct s {
            	enum {
            		INSIDE = 1,
            	} mode;
            };


            """);
    }

    [Fact]
    public void Tells_namesakes_apart()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        _ = btf.Fwd("s");
        uint first = btf.Struct("s", 4, ("a", number, 0));
        uint second = btf.Struct("s", 8, ("a", first, 0), ("b", number, 4));
        _ = btf.Typedef("s", second);
        _ = btf.Enum("e", 4, signed: false, ("s", 0), ("for", 1));
        _ = btf.Fwd("s", union: true);
        _ = btf.Struct("Option<&str>", 4, ("0", number, 0));

        C(btf).Should().Be(
            """
            struct s;

            struct s {
            	int a;
            };

            struct s___2 {
            	struct s a;
            	int b;
            };

            typedef struct s___2 s;

            enum e {
            	s___2 = 0,
            	_for = 1,
            };

            union s___3;

            struct Option__str_ {
            	int _0;
            };


            """);
    }

    [Fact]
    public void Replaces_scalars_that_C_does_not_know()
    {
        var btf = new TinyBtf();
        uint poly = btf.Int("__Poly8_t", 1);
        uint letter = btf.Int("char", 4);
        uint flag = btf.Int("bool", 1, encoding: 4);
        uint half = btf.Float("__bf16", 2);
        _ = btf.Typedef("poly8_t", poly);
        _ = btf.Typedef("letter", letter);
        _ = btf.Typedef("flag", flag);
        _ = btf.Typedef("half", half);
        _ = btf.Typedef("vector", btf.Array(btf.Float("double", 8), 2));
        uint list = btf.Typedef("__builtin_va_list", btf.Ptr(0));
        _ = btf.Typedef("va_list", list);
        _ = btf.Typedef("__gnuc_va_list", 0);

        C(btf).Should().Be(
            """
            typedef unsigned char poly8_t;

            typedef unsigned int letter;

            typedef _Bool flag;

            typedef unsigned short half;

            typedef double vector[2];

            typedef __builtin_va_list va_list;

            typedef __builtin_va_list __gnuc_va_list;


            """);
    }

    [Fact]
    public void Writes_members_without_names_as_bodies()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint named = btf.Struct("inner", 4, ("x", number, 0));
        uint anonymous = btf.Struct("", 4, ("y", number, 0));
        _ = btf.Struct("outer", 8, ("", named, 0), ("", anonymous, 4));

        C(btf).Should().EndWith(
            """
            struct outer {
            	struct {
            		int x;
            	} /* struct inner */;
            	struct {
            		int y;
            	};
            };


            """);
    }

    [Fact]
    public void Prints_chosen_types_with_all_they_need()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint unrelated = btf.Struct("unrelated", 4, ("a", number, 0));
        uint inner = btf.Struct("inner", 4, ("a", number, 0));
        uint alias = btf.Typedef("inner_t", inner);
        uint outer = btf.Struct("outer", 16, ("p", btf.Ptr(unrelated), 0), ("i", alias, 8));
        uint function = btf.Func("run", btf.Proto(number, ("o", btf.Ptr(outer))));

        C(btf, ids: [outer, function]).Should().Be(
            """
            struct unrelated;

            struct inner;

            typedef struct inner inner_t;

            struct inner {
            	int a;
            };

            struct outer {
            	struct unrelated *p;
            	inner_t i;
            };

            extern int run(struct outer *o);


            """);
    }

    [Fact]
    public void Declares_the_kernels_functions_for_programs()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint function = btf.Func("bpf_run", btf.Proto(number, ("task", btf.Ptr(btf.Fwd("task_struct")))));
        _ = btf.Func("other", btf.Proto(0));
        _ = btf.DeclTag("bpf_kfunc", function);
        _ = btf.DeclTag("bpf_fastcall", function);

        C(btf).Should().Be(
            """
            struct task_struct;

            #ifndef BPF_NO_KFUNC_PROTOTYPES

            __bpf_fastcall extern int bpf_run(struct task_struct *task) __weak __ksym;

            #endif


            """);
    }

    [Theory]
    [InlineData("a struct that contains itself")]
    [InlineData("a typedef of itself")]
    [InlineData("an endless pointer")]
    [InlineData("an endless array")]
    [InlineData("an anonymous struct that points to itself")]
    [InlineData("a prototype that takes itself")]
    [InlineData("a thousand structs in each other")]
    [InlineData("text that doubles a hundred times")]
    public void Refuses_what_cannot_be_written(string what)
    {
        var btf = new TinyBtf();
        uint type = what switch
        {
            "a struct that contains itself" => btf.Struct("s", 4, ("s", btf.Next, 0)),
            "a typedef of itself" => btf.Typedef("t", btf.Next),
            "an endless pointer" => btf.Ptr(btf.Next),
            "an endless array" => btf.Array(btf.Next, 2),
            "an anonymous struct that points to itself" => btf.Struct("", 8, ("p", btf.Ptr(btf.Next + 1), 0)),
            "a prototype that takes itself" => btf.Typedef("f", btf.Proto(0, ("", btf.Next))),
            "a thousand structs in each other" => Nested(btf),
            _ => Doubled(btf),
        };
        uint root = btf.Struct("root", 8, ("x", type, 0));

        Action print = () => C(btf, ids: [root]);

        print.Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.TooDeep);
    }

    // Whatever still parses is printed or refused, and nothing else happens.
    [Fact]
    public void Survives_damage()
    {
        BtfSpec vmlinux = CapturedBtf.Read("vmlinux-6.12.117-amd64");
        byte[] good = TestData.Btf("mod-6.12.117-amd64.nf_conntrack");
        var random = new Random(7);
        int printed = 0;
        for (int round = 0; round < 150; round++)
        {
            byte[] bad = [.. good];
            for (int i = 0; i < 3; i++)
                bad[random.Next(24, good.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                BtfSpec spec = BtfSpec.Parse(bad, new BtfReadOptions { Base = vmlinux });
                BtfRawPrinter.Write(spec, Stream.Null);
                BtfJsonPrinter.Write(spec, Stream.Null);
                BtfCPrinter.Write(spec, Stream.Null);
                BtfCAssertions.Write(spec, Stream.Null);
                foreach (BtfType type in spec.OwnTypes)
                    _ = BtfLayoutPrinter.ToText(type);
                printed++;
            }
            catch (BtfFormatException)
            {
            }
        }

        printed.Should().BePositive();
    }

    [Fact]
    public void Names_types()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint task = btf.Ptr(btf.Struct("task_struct", 0));
        uint handler = btf.Ptr(btf.Proto(number, ("", btf.Ptr(0)), ("", btf.Int("long", 8, 1))));
        uint anonymous = btf.Array(btf.Of(BtfKind.Const, btf.Union("", 0)), 3);
        uint function = btf.Func("run", btf.Proto(0, ("task", task)));
        BtfSpec spec = btf.Build();

        BtfTypeNames.TypeName(spec, new BtfTypeId(0)).Should().Be("void");
        BtfTypeNames.TypeName(spec, new BtfTypeId(task)).Should().Be("struct task_struct *");
        BtfTypeNames.TypeName(spec, new BtfTypeId(handler)).Should().Be("int (*)(void *, long)");
        BtfTypeNames.TypeName(spec, new BtfTypeId(anonymous)).Should().Be("const union {...}[3]");
        BtfTypeNames.TypeName(spec, new BtfTypeId(function)).Should().Be("void run(struct task_struct *task)");
        BtfTypeNames.Declaration(spec, new BtfTypeId(handler), spec[new BtfTypeId(function)].Name).Should().Be("int (*run)(void *, long)");
    }

    private static uint Nested(TinyBtf btf)
    {
        uint inner = btf.Int("int", 4);
        for (int i = 0; i < 1000; i++)
            inner = btf.Struct("s" + i, 4, ("x", inner, 0));
        return inner;
    }

    private static uint Doubled(TinyBtf btf)
    {
        uint inner = btf.Int("int", 4);
        for (int i = 0; i < 100; i++)
            inner = btf.Union("", 4, ("a" + i, inner), ("b" + i, inner));
        return inner;
    }

    private static string C(TinyBtf btf, uint[]? ids = null, int pointerSize = 8)
    {
        using var output = new MemoryStream();
        BtfCPrinter.Write(btf.Build(pointerSize), output, ids?.Select(id => new BtfTypeId(id)));
        string text = Encoding.UTF8.GetString(output.ToArray());
        const string Begin = "#define __bpf_fastcall\n#endif\n#endif\n\n";
        const string End = "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop";
        text.Should().StartWith("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n").And.EndWith("#endif /* __VMLINUX_H__ */\n");
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return text[begin..text.LastIndexOf(End, StringComparison.Ordinal)];
    }
}
