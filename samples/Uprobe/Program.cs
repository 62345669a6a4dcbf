// Shows the names that any program on this machine looks up, and how long that takes: probes at the entry and the exit of a function of libc.
//
//   sudo dotnet run             until Ctrl-C
//   sudo dotnet run -- 3        until three lookups were seen, and makes some itself
using System.Net;
using Uprobe;

int left = args.Length > 0 ? int.Parse(args[0]) : int.MaxValue;

// The section names say where: uprobe/libc.so.6:getaddrinfo. The library is the one that the dynamic linker loads.
using Names names = Names.LoadAndAttach();
for (int i = 0; args.Length > 0 && i < left; i++)
    _ = Dns.GetHostAddressesAsync($"localhost");

await foreach (Names.Lookup lookup in names.ReadLookupsAsync())
{
    Console.WriteLine($"{lookup.Pid,8} {lookup.Comm,-16} {lookup.Nanoseconds / 1e6,9:F3} ms  {lookup.Name}{(lookup.Error == 0 ? "" : ": not found")}");
    if (--left == 0)
        break;
}
