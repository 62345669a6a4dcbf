// Lists the processes of this machine as a tree, without /proc: a program walks the kernel's own list and writes a record for each.
//
//   sudo dotnet run
using Iterator;
using P3Ebpf.Loader.Links;

#region iterator
using Tasks tasks = Tasks.Open();
tasks.Load();
using IterLink link = IterLink.Attach(tasks.Walk);
ILookup<uint, Tasks.Process> children = link.ReadAll<Tasks.Process>().ToLookup(process => process.Parent);
#endregion

Console.WriteLine("     PID    SWITCHES  PREEMPTED  NAME");
Print(parent: 0, depth: 0);

void Print(uint parent, int depth)
{
    foreach (Tasks.Process process in children[parent].OrderBy(process => process.StartedNs))
    {
        Console.WriteLine($"{process.Pid,8} {process.VoluntarySwitches,11} {process.InvoluntarySwitches,10}  {new string(' ', 2 * depth)}{process.Comm}");
        if (process.Pid != parent)
            Print(process.Pid, depth + 1);
    }
}
