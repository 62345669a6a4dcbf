using System.Globalization;
using P3Ebpf.MutationScore;

if (args is ["worker", { } assembly, .. { } testAssemblies])
{
    Worker.Run(assembly, testAssemblies);
    return 0;
}

string name = Option("--of", string.Empty);
if (name.Length == 0)
{
    Console.Error.WriteLine("run --of LIBRARY [--in FOLDER,FILE,…] [--by TESTS,…] [--coverage] [--sample COUNT] [--seed NUMBER] [--workers COUNT] [--longest SECONDS] [--without CLASS,…]");
    return 2;
}

string root = Directory.GetCurrentDirectory();
string library = Path.Combine(root, "src", name);
string[] places = [.. Option("--in", string.Empty).Split(',').Select(place => Path.Combine(library, place))];
double longest = double.Parse(Option("--longest", "2"), CultureInfo.InvariantCulture);
string output = Path.Combine(root, "artifacts", "mutation", name);
Directory.CreateDirectory(output);
string rewritten = Path.Combine(output, $"P3Ebpf.{name}.dll");
string[] tests = [.. Option("--by", name).Split(',').Select(Copied)];
string[] without = [.. Option("--without", string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)];
var schemata = new Schemata(Library.Read(root, name), places, rewritten);

if (args.Contains("--coverage"))
{
    List<Probe> probes = schemata.Probes();
    var coverage = new Coverage(rewritten, tests, without, double.MaxValue);
    coverage.Take(probes.Max(probe => probe.Id), twice: false);
    Report.Write(probes, coverage.Reached, library);
    return 0;
}

List<Mutant> all = schemata.Mutants();
var reached = new Coverage(rewritten, tests, without, longest);
reached.Take(all.Max(mutant => mutant.Id), twice: true);
reached.AddTestsOfTheFile(all);
Console.Error.WriteLine($"{all.Count} mutants, {reached.TestCount} tests");
Mutant[] chosen = [.. all];
if (int.Parse(Option("--sample", "0"), CultureInfo.InvariantCulture) is > 0 and var sample && sample < all.Count)
{
#pragma warning disable CA5394 // A sample that can be drawn again is what is wanted.
    new Random(int.Parse(Option("--seed", "1"), CultureInfo.InvariantCulture)).Shuffle(chosen);
#pragma warning restore CA5394
    chosen = chosen[..sample];
}

var trial = new Trial(rewritten, tests, reached);
Report.Write(trial.Run(chosen, int.Parse(Option("--workers", "2"), CultureInfo.InvariantCulture)), library, all.Count, Path.Combine(output, "survivors.txt"));
return 0;

// A copy, so that the tests can be changed and built meanwhile.
string Copied(string project)
{
    string copy = Path.Combine(output, project);
    if (Directory.Exists(copy))
        Directory.Delete(copy, recursive: true);
    Directory.CreateDirectory(copy);
    foreach (string file in Directory.GetFiles(Path.Combine(root, "artifacts", "bin", $"P3Ebpf.{project}.Tests", "debug"), "*.dll"))
        File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
    return Path.Combine(copy, $"P3Ebpf.{project}.Tests.dll");
}

string Option(string option, string otherwise)
{
    int at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
}
