// Runs a command in a control group of its own, out of which nothing connects to some ports.
//
//   sudo dotnet run -- 80,443 curl http://example.org
using System.Diagnostics;
using CgroupFirewall;
using P3Ebpf.Loader.Links;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: CgroupFirewall PORT[,PORT] COMMAND [ARGUMENT]...");
    return 2;
}

string root = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).First(mount => mount[2] == "cgroup2")[1];
string group = Directory.CreateDirectory($"{root}/firewall-{Environment.ProcessId}").FullName;
try
{
    #region firewall
    using Firewall firewall = Firewall.LoadAndAttach(attach: new BpfAttachOptions { Cgroup = group });
    foreach (string port in args[0].Split(','))
        firewall.Refused[ushort.Parse(port)] = 0;
    #endregion

    // The shell enters the group before it becomes the command.
    using Process command = Process.Start("/bin/sh", ["-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$@\"", group, .. args[1..]]);
    command.WaitForExit();

    foreach ((ushort port, ulong times) in firewall.Refused)
        Console.WriteLine($"port {port}: refused {times} times");
    return command.ExitCode;
}
finally
{
    Directory.Delete(group);
}
