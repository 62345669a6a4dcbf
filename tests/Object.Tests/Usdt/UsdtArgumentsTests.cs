namespace P3Ebpf.Object.Tests;

public sealed class UsdtArgumentsTests
{
    private const UsdtArgumentKind Const = UsdtArgumentKind.Const, Register = UsdtArgumentKind.Register;
    private const UsdtArgumentKind Dereference = UsdtArgumentKind.RegisterDereference, Sib = UsdtArgumentKind.Sib;

    // struct pt_regs of x86-64 and struct user_pt_regs of arm64.
    private const short Rbp = 32, Rbx = 40, R9 = 64, R8 = 72, Rax = 80, Rcx = 88, Rdx = 96, Rsi = 104, Rdi = 112, Rip = 128, Rsp = 152, Sp = 248;

    public static TheoryData<string, UsdtArgument> OnX64 => new()
    {
        { "-4@%eax", new(Register, 4, true, 0, Rax) },
        { "8@%rsp", new(Register, 8, false, 0, Rsp) },
        { "-1@%sil", new(Register, 1, true, 0, Rsi) },
        { "2@%cx", new(Register, 2, false, 0, Rcx) },
        { "8@%r8", new(Register, 8, false, 0, R8) },
        { "-2@%r9w", new(Register, 2, true, 0, R9) },
        { "1@%r15b", new(Register, 1, false, 0, 0) },
        { "-4@$5", new(Const, 4, true, 5) },
        { "-4@$-9", new(Const, 4, true, -9) },
        { "8@$9223372036854775807", new(Const, 8, false, long.MaxValue) },
        { "8@$18446744073709551615", new(Const, 8, false, -1) },
        { "-8@$-9223372036854775808", new(Const, 8, true, long.MinValue) },
        { "-4@-1204(%rbp)", new(Dereference, 4, true, -1204, Rbp) },
        { "8@(%rsp)", new(Dereference, 8, false, 0, Rsp) },
        { "4@+16(%rip)", new(Dereference, 4, false, 16, Rip) },
        { "1@-96(%rbp,%rax,8)", new(Sib, 1, false, -96, Rbp, Rax, 3) },
        { "1@(%rbp,%rax,8)", new(Sib, 1, false, 0, Rbp, Rax, 3) },
        { "1@-96(%rbp,%rax)", new(Sib, 1, false, -96, Rbp, Rax, 0) },
        { "-2@(%rdi,%rsi,2)", new(Sib, 2, true, 0, Rdi, Rsi, 1) },
        { "8@(%rdi,%rsi,4)", new(Sib, 8, false, 0, Rdi, Rsi, 2) },
        { " -4 @ -20 ( %rbp ) ", new(Dereference, 4, true, -20, Rbp) },
        { "1@ -96 ( %rbp , %rax , 1 )", new(Sib, 1, false, -96, Rbp, Rax, 0) },
        { "8f@-8(%rsp)", new(Dereference, 8, false, -8, Rsp) },
        { "8@ %rax", new(Register, 8, false, 0, Rax) },
        { "8@ $ 5", new(Const, 8, false, 5) },
        { "8@+5(%rax)", new(Dereference, 8, false, 5, Rax) },
    };

    [Theory]
    [MemberData(nameof(OnX64))]
    public void X64_operands_are_understood(string text, UsdtArgument expected) =>
        UsdtArguments.Parse(text, ElfMachine.X64).Should().Equal(expected);

    public static TheoryData<string, UsdtArgument> OnArm64 => new()
    {
        { "8@x0", new(Register, 8, false, 0, 0) },
        { "-8@x30", new(Register, 8, true, 0, 240) },
        { "8@sp", new(Register, 8, false, 0, Sp) },
        { "-4@w4", new(Register, 4, true, 0, 32) },
        { "-4@5", new(Const, 4, true, 5) },
        { "-4@-5", new(Const, 4, true, -5) },
        { "4@[sp,12]", new(Dereference, 4, false, 12, Sp) },
        { "-4@[sp, 96]", new(Dereference, 4, true, 96, Sp) },
        { "-4@[ x29 , -8 ]", new(Dereference, 4, true, -8, 232) },
        { "-4@[x13]", new(Dereference, 4, true, 0, 104) },
        { "8@ x1", new(Register, 8, false, 0, 8) },
        { "8@ [ sp ]", new(Dereference, 8, false, 0, Sp) },
    };

    [Theory]
    [MemberData(nameof(OnArm64))]
    public void Arm64_operands_are_understood(string text, UsdtArgument expected) =>
        UsdtArguments.Parse(text, ElfMachine.AArch64).Should().Equal(expected);

    /// <summary>In the order of <c>struct pt_regs</c> of x86-64: what the kernel saves at each eight bytes, by its names for 8, 4, 2 and 1 bytes.</summary>
    [Theory]
    [InlineData(0, "r15 r15d r15w r15b")]
    [InlineData(1, "r14 r14d r14w r14b")]
    [InlineData(2, "r13 r13d r13w r13b")]
    [InlineData(3, "r12 r12d r12w r12b")]
    [InlineData(4, "rbp ebp bp bpl")]
    [InlineData(5, "rbx ebx bx bl")]
    [InlineData(6, "r11 r11d r11w r11b")]
    [InlineData(7, "r10 r10d r10w r10b")]
    [InlineData(8, "r9 r9d r9w r9b")]
    [InlineData(9, "r8 r8d r8w r8b")]
    [InlineData(10, "rax eax ax al")]
    [InlineData(11, "rcx ecx cx cl")]
    [InlineData(12, "rdx edx dx dl")]
    [InlineData(13, "rsi esi si sil")]
    [InlineData(14, "rdi edi di dil")]
    [InlineData(16, "rip eip")]
    [InlineData(19, "rsp esp sp spl")]
    public void Every_register_is_known_by_all_its_names(int slot, string names)
    {
        foreach (string name in names.Split(' '))
            UsdtArguments.Parse($"8@%{name}", ElfMachine.X64).Should().Equal(new UsdtArgument(Register, 8, false, 0, (short)(8 * slot)));
    }

    [Fact]
    public void Arguments_come_in_order()
    {
        UsdtArguments.Parse("-4@%eax 8@$5 -4@-1204(%rbp) 8@(%rdi,%rsi,4)", ElfMachine.X64).Select(argument => argument.Kind)
            .Should().Equal(Register, Const, Dereference, Sib);
        UsdtArguments.Parse("8@(%rsp) 4@(%rbp,%rax)", ElfMachine.X64).Select(argument => argument.Kind).Should().Equal(Dereference, Sib);
        UsdtArguments.Parse("8@(%rsp)\t4@%edx", ElfMachine.X64)[1].RegisterOffset.Should().Be(Rdx);
        UsdtArguments.Parse("", ElfMachine.X64).Should().BeEmpty();
        UsdtArguments.Parse(" ", ElfMachine.AArch64).Should().BeEmpty();
        UsdtArguments.Parse(string.Join(' ', Enumerable.Repeat("8@%rbx", 12)), ElfMachine.X64).Should().HaveCount(12).And.OnlyContain(argument => argument.RegisterOffset == Rbx);
    }

    [Theory]
    [InlineData("%eax", 0, "*'%eax'*does not begin with its size*")]
    [InlineData("8@-(%rbp)", 0, "*its place is neither*")]
    [InlineData("8@$-", 0, "*its constant is no decimal number*")]
    [InlineData("-4%eax", 0, "*no @*")]
    [InlineData("3@%eax", 0, "*size 3*1, 2, 4 and 8*")]
    [InlineData("-16@%rax", 0, "*size -16*")]
    [InlineData("8@%rax 8@%xmm0", 7, "*'8@%xmm0'*of a probe with the arguments '8@%rax 8@%xmm0'*'xmm0'*")]
    [InlineData("8@%fs:16", 0, "*'fs'*")]
    [InlineData("1@%ah", 0, "*'ah'*")]
    [InlineData("8@%", 0, "*cannot be understood*")]
    [InlineData("8@$", 0, "*constant*")]
    [InlineData("8@$0x10", 4, "*")]
    [InlineData("8@$18446744073709551616", 0, "*64 bits*")]
    [InlineData("8@$-9223372036854775809", 0, "*64 bits*")]
    [InlineData("-4@counter(%rip)", 0, "*variable*")]
    [InlineData("-4@4202496", 0, "*fixed address*")]
    [InlineData("8@(%rsp", 0, "*not closed*")]
    [InlineData("8@(rsp)", 0, "*register*expected*")]
    [InlineData("8@(,%rax,8)", 0, "*register*expected*")]
    [InlineData("8@(%rsp,%rax,3)", 0, "*scale 3*")]
    [InlineData("8@(%rsp,%rax,)", 0, "*its scale is no number*")]
    [InlineData("8@(%rsp,%rax,8", 0, "*not closed*")]
    [InlineData("8@\0", 0, "*")]
    public void Other_x64_operands_are_refused(string text, int position, string message) =>
        this.Invoking(_ => UsdtArguments.Parse(text, ElfMachine.X64)).Should().Throw<UsdtArgumentException>().WithMessage(message)
            .Which.Should().Match<UsdtArgumentException>(fault => fault.Position == position && fault.Arguments == text);

    [Theory]
    [InlineData("8@x31", "*'x31'*")]
    [InlineData("8@x", "*'x'*")]
    [InlineData("8@x01", "*'x01'*")]
    [InlineData("8@x1a", "*'x1a'*")]
    [InlineData("8@d0", "*'d0'*")]
    [InlineData("8@xzr", "*'xzr'*")]
    [InlineData("8@x100", "*'x100'*")]
    [InlineData("8@-x0", "*cannot be understood*")]
    [InlineData("8@[x0", "*not closed*")]
    [InlineData("8@[x0, x1]", "*second register*")]
    [InlineData("8@[16]", "*'16'*")]
    [InlineData("8@%rax", "*cannot be understood*")]
    public void Other_arm64_operands_are_refused(string text, string message) =>
        this.Invoking(_ => UsdtArguments.Parse(text, ElfMachine.AArch64)).Should().Throw<UsdtArgumentException>().WithMessage(message);

    [Fact]
    public void More_arguments_than_programs_can_read_are_refused() =>
        this.Invoking(_ => UsdtArguments.Parse(string.Join(' ', Enumerable.Repeat("8@x0", 13)), ElfMachine.AArch64))
            .Should().Throw<UsdtArgumentException>().WithMessage("*more than 12*").Which.Position.Should().Be(60);

    [Fact]
    public void Other_machines_are_named() =>
        this.Invoking(_ => UsdtArguments.Parse("8@%r2", ElfMachine.S390)).Should().Throw<NotSupportedException>().WithMessage("*S390*");

    [Theory]
    [InlineData("-4@-1204(%rbp)", "4CFBFFFFFFFFFFFF" + "02000000" + "2000" + "01" + "20")]
    [InlineData("1@-96(%rbp,%rax,8)", "A0FFFFFFFFFFFFFF" + "03503000" + "2000" + "00" + "38")]
    [InlineData("8@(%rbp,%rsp,2)", "0000000000000000" + "03981000" + "2000" + "00" + "00")]
    [InlineData("2@$7", "0700000000000000" + "00000000" + "0000" + "00" + "30")]
    public void Programs_read_them_as_usdt_bpf_h_lays_them_out(string text, string hex)
    {
        byte[] bytes = new byte[UsdtArgument.EncodedSize];

        UsdtArguments.Parse(text, ElfMachine.X64)[0].Write(bytes);

        Convert.ToHexString(bytes).Should().Be(hex);
    }

    [Theory]
    [InlineData("probes.pie")]
    [InlineData("probes.fixed")]
    [InlineData("probes.arm64")]
    [InlineData("libversions.so")]
    public void All_arguments_that_gcc_writes_are_understood(string program)
    {
        using ElfFile file = ElfFile.Open(TestData.PathOf("testdata/elf/" + program));

        foreach (ElfUsdtProbe probe in file.ReadUsdtProbes())
            UsdtArguments.Parse(probe.Arguments, file.Header.Machine).Should().HaveCount(probe.Arguments.Split("@").Length - 1, probe.Arguments);
    }

    [Fact]
    public void Random_text_yields_nothing_but_its_own_errors()
    {
        const string Alphabet = "0123456789-+@$%()[], raxbpslwf#\0";
        var random = new Random(1);
        int understood = 0;
        for (int run = 0; run < 20_000; run++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            try
            {
                understood += UsdtArguments.Parse("8@" + text, run % 2 == 0 ? ElfMachine.X64 : ElfMachine.AArch64).Count;
            }
            catch (UsdtArgumentException fault)
            {
                fault.Position.Should().BeInRange(0, text.Length + 2);
            }
        }

        understood.Should().BePositive();
    }
}
