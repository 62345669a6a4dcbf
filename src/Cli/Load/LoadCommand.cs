using System.CommandLine;
using P3Ebpf.Cli.Load.Records;
using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Load;

/// <summary><c>p3ebpf load</c>: loads and attaches an object, and stays with it or pins it.</summary>
internal sealed class LoadCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf load
              load and attach the built-in lottery scheduler's books, show them live, detach on Ctrl-C
          p3ebpf load --duration 5 --json
              the same for five seconds, as one JSON document at the end
          p3ebpf load --prog-pin /sys/fs/bpf/lottery/prog --map-pin /sys/fs/bpf/lottery/tasks --link-pin /sys/fs/bpf/lottery/link
              leave it attached; then: p3ebpf watch --map-pin /sys/fs/bpf/lottery/tasks
          p3ebpf load prog.bpf.o --prog count --tracepoint sched/sched_wakeup --no-attach
              load one program of an object, to see whether it loads
          p3ebpf load filter.bpf.o --dev eth0 --var port=443
              attach it to a device, print what it sends, a record a line, and its variables and small maps at the end
          p3ebpf load probe.bpf.o --attach enter=uprobe/libc.so.6:malloc --pid 1234 --json
        """;

    private readonly Argument<string?> _object = new("OBJECT")
    {
        Description = "The object file. Default: the built-in sched_lottery.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _objectOption = new("--obj") { HelpName = "OBJECT", Description = "The same as OBJECT." };

    private readonly Option<string?> _btf = new("--btf")
    {
        HelpName = "FILE",
        Description = "The target's BTF for CO-RE, raw or in an ELF file. Default: the running kernel's.",
    };

    private readonly Option<string[]> _programs = new("--prog")
    {
        HelpName = "NAME",
        Description = "Load only this program; may be given again. Default: all that the object loads by itself.",
    };

    private readonly Option<string?> _tracepoint = new("--tracepoint")
    {
        HelpName = "CATEGORY/NAME",
        Description = "Attach there instead of where SEC() says.",
    };

    private readonly Option<string?> _token = new("--token")
    {
        HelpName = "PATH",
        Description = "In a user namespace: the bpffs that delegates the use of bpf(). Default: that of LIBBPF_BPF_TOKEN_PATH, else /sys/fs/bpf.",
    };

    private readonly AttachOptions _attaching = new();
    private readonly VariableOptions _variables = new();
    private readonly PinOptions _pins = new();
    private readonly Option<bool> _noAttach = new("--no-attach") { Description = "Load only; exit once loaded." };
    private readonly Option<TimeSpan?> _duration = Duration.Option("Detach and exit after so long. Default: on Ctrl-C.");

    public LoadCommand()
        : base(
            "load",
            "Load and attach an object. With a pinned link it exits once attached. Otherwise it stays, prints what ring and perf buffers, iterators and "
                + "trace_pipe yield (or shows a live table of task_map on a terminal, a final one elsewhere), and detaches on Ctrl-C or at the end of the duration.",
            CommandExamples)
    {
        Arguments.Add(_object);
        foreach (Option option in (Option[])[_objectOption, _btf, _programs, _tracepoint, _token, .. _attaching.All, _variables.Option, .. _pins.All, _noAttach, _duration])
            Options.Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        bool attach = !arguments.GetValue(_noAttach);
        BpfObjectSpec spec = ReadObject(arguments);
        ChoosePrograms(spec, arguments.GetValue(_programs) ?? []);
        Redirect(spec, arguments.GetValue(_tracepoint));
        _variables.Apply(arguments, spec);
        using AttachChoice attaching = _attaching.Apply(arguments, spec);
        BpfPinPlan pins = _pins.PlanFor(arguments, spec, TaskMap.Find(spec), attach, attaching.Options);
        CoreTarget? target = arguments.GetValue(_btf) is { } file ? new CoreTarget(BtfFile.Read(NamedFile.Require(file, "BTF, raw or in an ELF file"))) : null;

        using BpfPinScope scope = BpfFs.Prepare(pins.Paths);
        if (scope.MountedBpfFs)
            invocation.Note($"note: mounted a bpffs on {BpfFs.DefaultMountPoint}, where none was.");
        using BpfObject contents = spec.Load(new BpfLoadOptions { Target = target, AttachPrograms = attaching.Targets, TokenPath = arguments.GetValue(_token) });
        using RecordSources records = RecordSources.Open(contents, attach && !pins.KeepsAttached);
        if (attach)
            contents.Attach(program => attaching.For(program, contents));
        var loaded = new Loaded(contents, pins, attaching);
        pins.Apply(scope, contents);
        Tell(loaded, attach, invocation);
        TimeSpan? duration = arguments.GetValue(_duration);
        bool stays = loaded.IsAttached && !pins.KeepsAttached;
        if (!stays && duration is not null)
            invocation.Note("note: nothing to wait for; --duration has no effect.");
        LoadDocument? document = !stays && invocation.WantsJson ? loaded.Document(tasks: null) : null;

        // What may still fail has been done: either all is pinned and the command succeeds, or nothing is.
        invocation.Interrupted.ThrowIfCancellationRequested();
        scope.Complete();
        if (stays)
        {
            records.AddIterators(contents);
            return Stay(loaded, records, duration, invocation);
        }

        if (document is not null)
            invocation.Write(document, LoadJson.Default.LoadDocument);
        foreach (string path in pins.Paths)
            invocation.Note($"pinned {path}");
        return ExitCode.Done;
    }

    private BpfObjectSpec ReadObject(ParseResult arguments)
    {
        string? argument = arguments.GetValue(_object);
        string? option = arguments.GetValue(_objectOption);
        if (argument is not null && option is not null)
            throw new UsageException("The object is given twice, as an argument and with --obj.");
        return (argument ?? option) is { } path ? BpfObjectSpec.Read(NamedFile.Require(path, "a BPF object")) : BuiltInObject.Lottery;
    }

    private static void ChoosePrograms(BpfObjectSpec spec, string[] names)
    {
        if (names.Length == 0)
            return;
        HashSet<BpfProgramSpec> chosen = [.. names.Select(name => spec.Programs[name])];
        foreach (BpfProgramSpec program in spec.Programs)
            program.IsAutoLoaded = chosen.Contains(program);
    }

    private static void Redirect(BpfObjectSpec spec, string? tracepoint)
    {
        if (tracepoint is null)
            return;
        if (tracepoint.Split('/') is not [{ Length: > 0 } category, { Length: > 0 } name])
            throw new UsageException($"--tracepoint takes CATEGORY/NAME, such as sched/sched_switch, not '{tracepoint}'.");
        BpfProgramSpec program = PinOptions.OnlyProgram(spec, "--tracepoint");
        if (program.Type != BpfProgramType.Tracepoint)
            throw new UsageException($"--tracepoint: program '{program.Name}' is of type {Words.Of(program.Type)}, as SEC(\"{program.SectionName}\") says.");
        program.AttachPoint = new BpfTracepoint(category, name);
    }

    private static void Tell(Loaded loaded, bool attach, Invocation invocation)
    {
        foreach (string warning in loaded.Warnings())
            invocation.Note($"warning: {warning}");
        invocation.Note(loaded.Summary());
        foreach (string note in attach ? loaded.Unattached() : [])
            invocation.Note(note);
    }

    private static int Stay(Loaded loaded, RecordSources records, TimeSpan? duration, Invocation invocation)
    {
        if (records.Any)
            return Follow(loaded, records, duration, invocation);
        if (invocation.IsLive && loaded.Tasks is { } live)
        {
            new LiveView(live, loaded.Name).Show(duration, invocation);
            return invocation.ExitCode;
        }

        if (duration is null)
            invocation.Note("attached until interrupted (Ctrl-C)");
        invocation.Wait(duration);
        IReadOnlyList<TaskRow>? tasks = null;
        if (loaded.Tasks is { } map)
        {
            TaskSnapshot snapshot = map.Read();
            tasks = snapshot.Rows(snapshot.CpuSharesSince(TaskSnapshot.Empty));
        }

        if (invocation.WantsJson)
            invocation.Write(loaded.Document(tasks), LoadJson.Default.LoadDocument);
        else if (tasks is not null)
            TaskTable.Write(tasks, invocation.Output);
        else
            WriteEnd(loaded, invocation);
        return invocation.ExitCode;
    }

    /// <summary>Prints records while they come; the document is the last line of JSON.</summary>
    private static int Follow(Loaded loaded, RecordSources records, TimeSpan? duration, Invocation invocation)
    {
        if (duration is null && records.AreEndless)
            invocation.Note("attached until interrupted (Ctrl-C)");
        records.Run(new RecordWriter(invocation), duration, invocation.Interrupted);
        if (invocation.WantsJson)
            invocation.WriteOnOneLine(loaded.DocumentWithContents(), LoadJson.Default.LoadDocument);
        else
            WriteEnd(loaded, invocation);
        return invocation.ExitCode;
    }

    private static void WriteEnd(Loaded loaded, Invocation invocation)
    {
        loaded.WriteMaps(invocation.Output);
        loaded.WriteContents(invocation.Output);
    }
}
