using BpfTracing;
using P3Ebpf.Loader.Resources;

// Shows what is started on this machine, until Ctrl-C; with a number, until that many programs were seen.
int left = args.Length > 0 ? int.Parse(args[0]) : int.MaxValue;
try
{
    using ExecTracer tracer = ExecTracer.LoadAndAttach();
    Console.WriteLine("     PID    UID COMMAND");
    await foreach (ExecTracer.Event e in tracer.ReadEventsAsync())
    {
        Console.WriteLine($"{e.Pid,8} {e.Uid,6} {e.Comm}");
        if (--left == 0)
            break;
    }

    return 0;
}
catch (BpfException e)
{
    Console.Error.WriteLine($"{e.Message}\n{e.Hint}");
    return 1;
}
