
namespace P3Ebpf.Doctor.Tests;

/// <summary>An old libbpf that comes before the installed one is found first, whichever way it comes in.</summary>
public sealed class LibraryFaultTests
{
    private const string Old = "/opt/old/libbpf.so.1";

    public static TheoryData<string, string, string> Ways => new()
    {
        { "RPATH", "libbpf-too-old-for-btf", "RPATH /opt/old of" },
        { "RUNPATH with $ORIGIN", "libbpf-too-old-for-btf", "RUNPATH $ORIGIN/../lib (/opt/lottery/bin/../lib)" },
        { "LD_LIBRARY_PATH", "libbpf-too-old-for-btf", "LD_LIBRARY_PATH entry /opt/old" },
        { "cache", "libbpf-too-old-for-btf", "/etc/ld.so.cache" },
        { "cache behind the old format", "libbpf-too-old-for-btf", "/etc/ld.so.cache" },
        { "cache of the old format", "libbpf-too-old-for-btf", "/etc/ld.so.cache" },
        { "default directory", "libbpf-too-old-for-btf", "default directory /usr/lib64" },
        { "library in between", "libbpf-too-old-for-btf", "-> libtrace.so.3 -> libbpf.so.0" },
        { "opened by name", "libbpf-too-old-for-btf", "opened while it runs" },
        { "preloaded", "libbpf-too-old-for-btf", "preloaded" },
        { "path in DT_NEEDED", "libbpf-too-old-for-btf", "its path is given" },
        { "static", "libbpf-static", "linked in statically" },
        { "static within a library", "libbpf-static", "linked statically into" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Finds_the_old_library_first(string way, string code, string evidence)
    {
        using var machine = new PlantedMachine();
        machine.AddSystemLibbpf();
        (string Name, string Value)[] environment = Plant(machine, way);

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, PlantedMachine.Loader, bpfObject: PlantedMachine.Object, environment: environment);

        report.Findings[0].Code.Should().Be(code, string.Join("; ", report.Findings.Select(f => $"{f.Weight} {f.Code} {f.Summary}")));
        string told = string.Join('\n', report.Findings[0].Evidence);
        told.Should().Contain(evidence);
        report.Findings.Should().Contain(f => f.Code == "libbpf-older-than-reported" && f.Weight >= 90);
        report.Answer.Should().Contain("Yes: all", "the BTF matches").And.Contain("is the running kernel's own");
    }

    [Fact]
    public void Sudo_takes_LD_LIBRARY_PATH_away()
    {
        using var machine = new PlantedMachine();
        machine.AddSystemLibbpf();
        machine.Add(PlantedMachine.Loader, TinyElf.Executable("libbpf.so.1"));
        machine.Add("/home/p3/lib/libbpf.so.1", TinyElf.Libbpf("1.6.0"));

        DoctorReport report = machine.Examine(loader: PlantedMachine.Loader, environment: ("LD_LIBRARY_PATH", "/home/p3/lib"));

        DoctorFinding finding = report.Findings.Should().ContainSingle(f => f.Code == "libbpf-differs-under-sudo").Subject;
        finding.Summary.Should().Contain("libbpf 1.6 in /home/p3/lib/libbpf.so.1 when you start it")
            .And.Contain("libbpf 1.7.0 in /usr/lib/x86_64-linux-gnu/libbpf.so.1.7.0 under sudo");
        report.Answer.Should().Contain("this loader gets libbpf 1.7.0", "root's is the one that counts");
    }

    [Fact]
    public void A_setuid_program_heeds_no_environment()
    {
        using var machine = new PlantedMachine();
        machine.AddSystemLibbpf();
        machine.Add(PlantedMachine.Loader, TinyElf.Executable("libbpf.so.1"));
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such mode.");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(machine[PlantedMachine.Loader], UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserExecute);
        machine.Add("/home/p3/lib/libbpf.so.1", TinyElf.Libbpf("1.6.0"));

        DoctorReport report = machine.Examine(loader: PlantedMachine.Loader, environment: ("LD_LIBRARY_PATH", "/home/p3/lib"));

        report.Findings.Should().NotContain(f => f.Code == "libbpf-differs-under-sudo").And.Contain(f => f.Code == "libbpf-found");
    }

    [Fact]
    public void A_process_shows_what_it_has_mapped()
    {
        using var machine = new PlantedMachine();
        machine.AddSystemLibbpf();
        machine.Add("/opt/old/libbpf.so.0.3.0", TinyElf.Libbpf("0.3.0"));
        machine.Add("/proc/4711/maps", """
            55d0c8a00000-55d0c8a01000 r-xp 00000000 fe:00 101 /opt/lottery/bin/loader
            7f1200000000-7f1200040000 r-xp 00000000 fe:00 102 /opt/old/libbpf.so.0.3.0
            7f1200040000-7f1200050000 rw-p 00000000 00:00 0
            """);

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, "4711");

        report.Findings[0].Code.Should().Be("libbpf-too-old-for-btf");
        report.Findings[0].Summary.Should().Contain("libbpf 0.3.0 in /opt/old/libbpf.so.0.3.0");
    }

    [Fact]
    public void A_process_that_runs_a_replaced_library_must_be_started_again()
    {
        using var machine = new PlantedMachine();
        machine.Add("/proc/4711/maps", "7f12-7f13 r-xp 00000000 fe:00 102 /usr/lib/libbpf.so.0.5.0 (deleted)\n");

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, "4711");

        report.Findings[0].Code.Should().Be("libbpf-too-old-for-btf");
        report.Findings[0].Evidence.Should().Contain(e => e.Contains("must be started again"));
    }

    [Fact]
    public void A_script_asks_for_its_process()
    {
        using var machine = new PlantedMachine();
        machine.Add(PlantedMachine.Loader, "#!/usr/bin/python3\nimport bcc\n");

        DoctorFinding finding = machine.Examine(loader: PlantedMachine.Loader).Findings.Should().ContainSingle(f => f.Code == "libbpf-not-found").Subject;

        finding.Evidence[0].Should().Contain("/usr/bin/python3");
        finding.Action.Should().Contain("the number of its process");
    }

    private static (string Name, string Value)[] Plant(PlantedMachine machine, string way)
    {
        TinyElf loader = TinyElf.Executable("libbpf.so.1");
        TinyElf old = new() { SoName = "libbpf.so.1", Versions = TinyElf.Libbpf("0.8.0").Versions, Texts = TinyElf.LibbpfTexts("0.8.0") };
        machine.Add(Old, old);
        switch (way)
        {
            case "RPATH":
                loader = new TinyElf { Interpreter = loader.Interpreter, Needed = loader.Needed, RPath = "/nowhere:/opt/old" };
                break;
            case "RUNPATH with $ORIGIN":
                loader = new TinyElf { Interpreter = loader.Interpreter, Needed = loader.Needed, RPath = "/opt/unused", RunPath = "$ORIGIN/../lib" };
                machine.Add("/opt/lottery/lib/libbpf.so.1", old);
                break;
            case "LD_LIBRARY_PATH":
                machine.Add(PlantedMachine.Loader, loader);
                return [("LD_LIBRARY_PATH", "/nowhere:/opt/old")];
            case "cache":
                machine.Add("/etc/ld.so.cache", CacheFile.Build(false, ("libbpf.so.1", Old, null), ("libz.so.1", "/usr/lib/libz.so.1", null)));
                break;
            case "cache behind the old format":
                machine.Add("/etc/ld.so.cache", CacheFile.Build(true, ("libbpf.so.1", Old, null)));
                break;
            case "cache of the old format":
                machine.Add("/etc/ld.so.cache", CacheFile.BuildOld("libbpf.so.1", Old));
                break;
            case "default directory":
                machine.Add("/etc/ld.so.cache", CacheFile.Build(false));
                File.Delete(machine["/usr/lib/x86_64-linux-gnu/libbpf.so.1"]);
                machine.Add("/usr/lib64/libbpf.so.1", old);
                break;
            case "library in between":
                loader = new TinyElf { Interpreter = loader.Interpreter, Needed = ["libtrace.so.3"], RPath = "/opt/trace" };
                machine.Add("/opt/trace/libtrace.so.3", new TinyElf { SoName = "libtrace.so.3", Needed = ["libbpf.so.0"] });
                // The run path of the executable counts for what its libraries need, too.
                machine.Add("/opt/trace/libbpf.so.0", TinyElf.Libbpf("0.3.0"));
                break;
            case "opened by name":
                loader = new TinyElf { Interpreter = loader.Interpreter, Texts = ["libbpf.so.0"], RunPath = "/opt/old" };
                machine.Add("/opt/old/libbpf.so.0", TinyElf.Libbpf("0.5.0"));
                break;
            case "preloaded":
                machine.Add("/etc/ld.so.preload", Old + "\n");
                break;
            case "path in DT_NEEDED":
                loader = TinyElf.Executable(Old);
                break;
            case "static":
                loader = new TinyElf { Interpreter = loader.Interpreter, Texts = TinyElf.LibbpfTexts("0.6.0") };
                break;
            case "static within a library":
                loader = TinyElf.Executable("libtrace.so.3");
                machine.Add("/usr/lib/x86_64-linux-gnu/libtrace.so.3", new TinyElf { SoName = "libtrace.so.3", Texts = TinyElf.LibbpfTexts("0.3.0") });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, "No such way.");
        }

        machine.Add(PlantedMachine.Loader, loader);
        return [];
    }
}
