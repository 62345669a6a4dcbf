// Lists the processes of this machine as a tree, without /proc: a program walks the kernel's own list and writes a record for each.
//
//   sudo dotnet run
using Iterator;

#region iterator
using Tasks tasks = Tasks.Open();
tasks.Load();
Tasks.Process[] processes = [.. tasks.ReadWalk()];
#endregion

HashSet<uint> known = [.. processes.Select(process => process.Pid)];
ILookup<uint, Tasks.Process> children = processes.ToLookup(process => process.Parent);
Console.WriteLine("     PID    SWITCHES  PREEMPTED  NAME");
Print(processes.Where(process => !known.Contains(process.Parent)), depth: 0);

void Print(IEnumerable<Tasks.Process> siblings, int depth)
{
    foreach (Tasks.Process process in siblings.OrderBy(process => process.StartedNs))
    {
        Console.WriteLine($"{process.Pid,8} {process.VoluntarySwitches,11} {process.InvoluntarySwitches,10}  {new string(' ', 2 * depth)}{process.Comm}");
        Print(children[process.Pid], depth + 1);
    }
}
