using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>
/// The doctor's answer in Chinese: what each finding means and what to do, by its code. Codes, commands, file names and what was seen (lines of
/// logs, versions) stay as they are, and below each text the English sentence has the particulars.
/// </summary>
internal static class DoctorChinese
{
    public const string Nothing = "没有发现会使加载失败的问题。";
    public const string Unclear = "仅凭这些材料无法判断失败的原因。";
    public const string Action = "处理办法：";
    public const string Original = "原文：";
    public const string System = "系统信息";

    /// <summary>Findings that are known by the code alone.</summary>
    private static readonly Dictionary<string, Text> Texts = new(StringComparer.Ordinal)
    {
        [Codes.LibbpfOlderThanReported] = new("实际运行的 libbpf 比 pkg-config 报告的旧；pkg-config 描述的只是编译时用的头文件。", "查看进程真正映射的是哪个库：sudo grep libbpf /proc/PID/maps；静态链接的要重新编译加载程序"),
        [Codes.LibbpfTooOldForBtf] = new("BTF 完好，但实际运行的 libbpf 太旧，读不了它。", "升级加载程序实际使用的 libbpf；p3ebpf load 不需要 libbpf"),
        [Codes.LibbpfStatic] = new("libbpf 静态链接在加载程序里，系统安装哪个版本都没有影响。", "用新的 libbpf 重新编译加载程序"),
        [Codes.LibbpfDiffersUnderSudo] = new("直接运行与用 sudo 运行时，加载程序得到的 libbpf 不同。", "两种方式都用同一个库：检查 LD_LIBRARY_PATH 与 /etc/ld.so.conf.d"),
        [Codes.LibbpfFound] = new("这是加载程序使用的 libbpf。", null),
        [Codes.LibbpfNotFound] = new("没有在加载程序里找到 libbpf。", "给出加载程序的路径或进程号：p3ebpf btf-inspect doctor --loader EXECUTABLE"),
        [Codes.OtherBtfRead] = new("手头的 BTF 完好：加载程序读不了的是另一个文件，或者是它写完之前的样子。", "查清加载程序打开的是哪个文件（strace -f -e trace=open,openat），用 --btf 给出"),
        [Codes.BtfUnreadable] = new("BTF 文件无法读取。", "检查路径和权限"),
        [Codes.BtfOfOtherKernel] = new("这个 BTF 不是当前运行内核的，字段的位置可能不同。", "改用 /sys/kernel/btf/vmlinux"),
        [Codes.BtfGood] = new("BTF 完好。", null),
        [Codes.ElfWithoutBtf] = new("这个 ELF 文件没有 .BTF 节。", "使用带 BTF 编译的 vmlinux（CONFIG_DEBUG_INFO_BTF=y），或 /sys/kernel/btf/vmlinux"),
        [Codes.BtfSectionEmpty] = new("ELF 文件的 .BTF 节是空的。", "使用带 BTF 编译的文件"),
        [Codes.BtfSectionCompressed] = new("ELF 文件的 .BTF 节被压缩，libbpf 不会解压。", "p3ebpf btf-inspect extract FILE -o vmlinux.btf 可以解压"),
        [Codes.BtfSectionNoBits] = new("ELF 文件的 .BTF 节没有内容（SHT_NOBITS）：这是分离出来的调试文件。", "从分离之前的那个文件取 BTF"),
        [Codes.CoreMismatch] = new("目标文件与这个 BTF 不匹配：有 CO-RE 重定位找不到目标。", "p3ebpf btf-inspect core OBJECT 逐条显示重定位和候选类型；用 bpf_core_field_exists() 判断后再访问"),
        [Codes.CoreMatches] = new("所有 CO-RE 重定位都有结果。", null),
        [Codes.NoCoreNeeded] = new("目标文件没有 CO-RE 重定位，libbpf 根本不会为它打开 BTF 文件。", "不要设置 btf_custom_path；有关目标 BTF 的消息来自另一个目标文件"),
        [Codes.ObjectWithoutBtf] = new("目标文件没有自己的 BTF。", "用 clang -g -O2 -target bpf 编译，只用 llvm-strip -g 去掉调试信息"),
        [Codes.ObjectUnreadable] = new("目标文件无法读取，不是完好的 BPF 目标文件。", "重新编译"),
        [Codes.KernelLacksBtf] = new("当前内核没有 BTF。", "使用 CONFIG_DEBUG_INFO_BTF=y 的内核，或给出与它完全一致的 BTF（例如 BTFHub 的）"),
        [Codes.KernelLacksFeature] = new("内核缺少目标文件用到的功能。", "换用更新的内核，或把这些部分放进以 '?' 开头的节，只在能用时加载"),
        [Codes.VerifierRejected] = new("验证器拒绝了程序。", "按下面的原因和源代码行修改程序"),
        [Codes.PinnedMapMismatch] = new("同名的 map 已经固定（pin）在那里，但参数不同。", "删除旧的固定文件，或改用相同的参数"),
        [Codes.NotPermitted] = new("没有使用 BPF 的权限，或权限被取消。", "以 root 运行，或授予 CAP_BPF、CAP_PERFMON、CAP_NET_ADMIN；检查容器的 seccomp"),
        [Codes.AttachRefused] = new("程序可以加载，但不能附加。", "检查附加的目标在这个内核里是否存在"),
        [Codes.LogQuiet] = new("libbpf 知道的比打印的多：默认级别不说明 BTF 的哪项检查失败。", "libbpf 1.5 起：LIBBPF_LOG_LEVEL=debug LOADER；或用 p3ebpf btf-inspect check FILE 检查文件"),
        [Codes.StepFailed] = new("日志只说明哪一步失败，没有更多信息。", "给出目标文件再诊断：p3ebpf btf-inspect doctor --obj OBJECT"),
        [Codes.LogCut] = new("验证器的日志在说明原因之前就被截断了：缓冲区太小。", "用 p3ebpf load 加载，它会取到原因；或者给加载程序 16 MiB 的日志缓冲区，或日志级别 4"),
        [Codes.LogUnknown] = new("日志里没有认得的内容。", "给出加载程序的完整输出，包括标准错误"),
        [Codes.System] = new("系统有一点值得注意。", null),
        [BtfFindingCodes.Truncated] = new("BTF 文件被截断：数据比文件头声明的少。", "重新完整地复制文件"),
        [BtfFindingCodes.TooSmall] = new("文件太短，连 BTF 文件头都放不下。", "重新完整地复制文件"),
        [BtfFindingCodes.BadMagic] = new("文件开头不是 BTF 的魔数，不是 BTF。", "给出 BTF 文件，例如 /sys/kernel/btf/vmlinux 的副本"),
        [BtfFindingCodes.HeaderRange] = new("文件头的长度或某个节的位置不可能成立：文件头损坏。", "重新复制或重新生成文件"),
        [BtfFindingCodes.StrBad] = new("字符串节损坏。", "重新复制或重新生成文件"),
        [BtfFindingCodes.CrlfExpanded] = new("文件被当作文本传输：每个换行都变成了回车加换行。", "以二进制方式重新传输"),
        [BtfFindingCodes.CrStripped] = new("文件被当作文本传输：回车字符被去掉了。", "以二进制方式重新传输"),
        [BtfFindingCodes.Utf8Reencoded] = new("文件被当作文本读入，又以 UTF-8 写出。", "以二进制方式重新传输"),
        [BtfFindingCodes.ZeroRun] = new("应有数据的地方是一段零：复制没有完成。", "重新完整地复制文件"),
        [BtfFindingCodes.BytesLost] = new("文件中间丢失了字节。", "重新完整地复制文件"),
        [BtfFindingCodes.BytesInserted] = new("文件中间多出了字节。", "重新完整地复制文件"),
        [BtfFindingCodes.TypeTruncated] = new("有类型记录超出类型节的末尾。", "重新复制或重新生成文件"),
        [BtfFindingCodes.IdRange] = new("有类型引用了不存在的类型编号。", "重新复制或重新生成文件"),
        [BtfFindingCodes.StrRange] = new("有名字位于字符串节之外。", "重新复制或重新生成文件"),
        [BtfFindingCodes.SplitNeedsBase] = new("这是模块的 BTF，只是续篇，需要它所基于的 vmlinux。", "用 --base FILE 给出完全对应的 vmlinux 的 BTF"),
        [BtfFindingCodes.BaseMismatch] = new("给出的基础 BTF 不是这个模块的。", "给出编译该模块时所用 vmlinux 的 BTF"),
        [BtfFindingCodes.UnknownKind] = new("BTF 含有旧 libbpf 不认识的类型种类。", "升级 libbpf，或用 p3ebpf btf-inspect min OBJECT --btf FILE -o OUT 生成更小的 BTF"),
        [BtfFindingCodes.OldEncodingOverflow] = new("BTF 使用了旧 libbpf 不认识的编码。", "升级 libbpf，或用 p3ebpf btf-inspect min OBJECT --btf FILE -o OUT 生成更小的 BTF"),
        [BtfFindingCodes.GzipFile] = new("文件是 gzip 压缩的，libbpf 不会解压。", "先用 gunzip 解压"),
        [BtfFindingCodes.XzFile] = new("文件是 xz 压缩的，libbpf 不会解压。", "先解压（BTFHub 的归档用 tar xJf）"),
        [BtfFindingCodes.HtmlPage] = new("文件是网页，多半是下载时的错误页面。", "重新下载"),
        [BtfFindingCodes.TextFile] = new("文件是文本，不是 BTF。", "给出二进制的 BTF 文件"),
        [BtfFindingCodes.LfsPointer] = new("文件只是 Git LFS 的占位文件。", "用 git lfs pull 取得真正的文件"),
    };

    /// <summary>The codes that there is a text for.</summary>
    public static IReadOnlyCollection<string> Known => Texts.Keys;

    /// <summary>What a finding means, and what to do about it; the doctor's own English where the code has no text.</summary>
    public static Text Of(DoctorFinding finding) => Texts.TryGetValue(finding.Code, out Text? text) ? text : new Text(finding.Summary, finding.Action);

    /// <param name="Meaning">What the finding means.</param>
    /// <param name="Action">What to do.</param>
    internal sealed record Text(string Meaning, string? Action);
}
