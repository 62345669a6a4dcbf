using System.Diagnostics;
using Typed;

// Shows what is started on this machine, until Ctrl-C; with a number, until that many programs were seen, and starts some itself.
int left = args.Length > 0 ? int.Parse(args[0]) : int.MaxValue;

using Hello hello = Hello.LoadAndAttach();
if (args.Length > 0)
{
    for (int i = 0; i < left; i++)
        Process.Start("true").WaitForExit();
}

await foreach (Hello.Event e in hello.ReadEventsAsync())
{
    Console.WriteLine($"{e.Pid,8} {e.Uid,6} {e.Comm}");
    if (--left == 0)
        break;
}
