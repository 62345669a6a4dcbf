// Measures what the lottery scheduler does, as the paper's figures do, and draws the figures from what was measured.
//
//   chrt -r 1 taskset -c 0 dotnet LotteryFigures.dll measure SECONDS PART ... > DATA.json       as root, on a kernel with sched_ext and two processors
//   dotnet LotteryFigures.dll plot DATA.json ... > docs/lottery.svg
//
// The measuring program is a real-time task on processor 0, so that it takes part in no draw; what it measures runs on processor 1, unless it
// says otherwise. tests/kernels/kernel-run puts it under another kernel; emulated processors tell shares as well as real ones, but no speed.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LotteryFigures;

switch (args)
{
    case ["measure", string seconds, .. string[] parts]:
        Measure(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), parts);
        break;
    case ["plot", .. string[] paths]:
        Console.Write(Plot.Draw([.. paths.Select(path => JsonNode.Parse(File.ReadAllText(path))!)]));
        break;
    case ["work", .. string[] work]:
        return Worker.Run(work);
    default:
        Console.Error.WriteLine($"usage: LotteryFigures measure SECONDS PART ... | plot DATA.json ...; parts: {string.Join(' ', Measurements.All.Keys)}");
        return 2;
}

return 0;

static void Measure(TimeSpan time, string[] parts)
{
    var answer = new JsonObject
    {
        ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        ["machine"] = $"processors {Worker.AllProcessors}",
        ["seconds"] = time.TotalSeconds,
    };
    foreach (string part in parts)
    {
        Console.Error.WriteLine($"{File.ReadAllText("/proc/uptime").Split(' ')[0],8} s  {part}");
        try
        {
            answer[part] = Measurements.All[part](time);
        }
        catch (Exception e) when (e is BpfException or IOException or InvalidOperationException)
        {
            answer[part] = new JsonObject { ["failed"] = e.Message };
            Console.Error.WriteLine(e);
        }

        // A later part may take the machine with it.
        Console.Error.WriteLine(answer[part]!.ToJsonString());
    }

    Console.WriteLine(answer.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
}
