// Loads the lottery scheduler's object, lets it count for a second, and prints what it saw.
//
//   dotnet run --project samples/TaskTable -- bpf/sched_lottery.bpf.o        (as root)
using P3Ebpf.Loader;
using P3Ebpf.Loader.Maps;
using P3Ebpf.Object;

string path = args.Length > 0 ? args[0] : "bpf/sched_lottery.bpf.o";
BpfObjectSpec spec = BpfObjectSpec.Read(path);
using BpfObject lottery = spec.Load();
lottery.Attach();
Thread.Sleep(TimeSpan.FromSeconds(1));

var tasks = new BpfHashMap<uint, TaskRecord>(lottery.Maps["task_map"]);
Console.WriteLine("    PID  TICKETS  SWITCHES  RUN TIME  COMMAND");
foreach ((uint pid, TaskRecord task) in tasks.OrderByDescending(entry => entry.Value.RunTimeNs))
    Console.WriteLine($"{pid,7} {task.Tickets,8} {task.Switches,9} {task.RunTimeNs / 1e6,6:F1} ms  {task.Command}");
