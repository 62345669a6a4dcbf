// Shows what Python programs import and how long each module took, by static probes (USDT) of the interpreter. Debian's and Fedora's have them:
// readelf -n /usr/bin/python3 shows which.
//
//   sudo dotnet run                      all Python programs, until Ctrl-C
//   sudo dotnet run -- 'import json'     runs this line of Python, and ends with it
using System.Diagnostics;
using Usdt;

using Imports imports = Imports.LoadAndAttach();
using var end = new CancellationTokenSource();
if (args.Length > 0)
    _ = RunAsync(args[0]);

try
{
    await foreach (Imports.Import import in imports.ReadImportsAsync(end.Token))
        Console.WriteLine($"{import.Pid,8} {import.Nanoseconds / 1e6,9:F3} ms  {import.Module}{(import.Found == 0 ? ": not found" : "")}");
}
catch (OperationCanceledException)
{
}

async Task RunAsync(string code)
{
    using Process python = Process.Start("/usr/bin/python3", ["-c", code]);
    await python.WaitForExitAsync();
    await end.CancelAsync();
}
