using P3Ebpf.Packages;

// What a package must bring to somebody who finds it in a feed: prints what is missing, a line each, and fails if anything is.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: P3Ebpf.Packages DIRECTORY VERSION");
    return 2;
}

(string directory, string version) = (args[0], args[1]);
List<string> missing = [];
foreach (PackageRules rules in PackageRules.All)
{
    string path = Path.Combine(directory, $"{rules.Id}.{version}.nupkg");
    if (File.Exists(path))
        missing.AddRange(rules.Check(path, version).Select(problem => $"{rules.Id}: {problem}"));
    else if (!rules.IsOptional)
        missing.Add($"{rules.Id}: the package is missing");
}

HashSet<string> known = [.. PackageRules.All.Select(rules => $"{rules.Id}.{version}.nupkg")];
missing.AddRange(Directory.GetFiles(directory, "*.nupkg").Select(path => Path.GetFileName(path)!).Where(name => !known.Contains(name)).Select(name => $"{name}: nobody knows this package"));

foreach (string line in missing)
    Console.WriteLine(line);
Console.WriteLine($"{known.Count(name => File.Exists(Path.Combine(directory, name)))} packages, {missing.Count} faults");
return missing.Count == 0 ? 0 : 1;
