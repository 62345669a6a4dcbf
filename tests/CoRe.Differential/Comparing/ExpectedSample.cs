using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace P3Ebpf.CoRe.Differential;

/// <summary>
/// What libbpf makes of each committed object against each captured kernel, kept in testdata/core/expected.txt: a hash of the instructions that CO-RE
/// changes, or the number of the error. With it the comparison needs neither libbpf nor a compiler.
/// </summary>
internal static class ExpectedSample
{
    public const string File = "testdata/core/expected.txt";

    private const string LoadOf64Bits = "18";

    /// <summary>All committed objects, by their paths from the root.</summary>
    public static IEnumerable<string> Objects() => ((string[])["bpf", "testdata/bpf", "testdata/core"])
        .SelectMany(directory => Directory.GetFiles(TestData.PathOf(directory), "*.o", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(TestData.Root, path)).Order(StringComparer.Ordinal);

    /// <summary>One line: object, kernel, and the outcome; <see langword="null"/> where libbpf stops for other reasons than CO-RE: at a symbol of a kernel, a map.</summary>
    public static string? Line(string bpfObject, string kernel, RelocatedObject libbpf, OwnRelocation own) =>
        IsComparable(libbpf, own.Outcome) ? $"{bpfObject}\t{kernel}\t{Describe(libbpf, own)}" : null;

    /// <summary>How many instructions there are and their hash, or the error.</summary>
    /// <param name="outcome">Whose instructions.</param>
    /// <param name="own">Tells which they are.</param>
    public static string Describe(RelocatedObject outcome, OwnRelocation own)
    {
        if (outcome.IsRefused)
            return string.Create(CultureInfo.InvariantCulture, $"refused {outcome.Refusal}");
        var text = new StringBuilder();
        int count = 0;
        foreach ((string program, int[] instructions) in own.Relocated)
        {
            string[] code = outcome.Programs[program];
            foreach (int at in instructions)
            {
                _ = text.Append(CultureInfo.InvariantCulture, $"{program} {at} {code[at]}{(code[at].StartsWith(LoadOf64Bits, StringComparison.Ordinal) ? code[at + 1] : "")}\n");
                count++;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{count} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32]}");
    }

    private static bool IsComparable(RelocatedObject libbpf, RelocatedObject own) => libbpf.IsRefused
        ? libbpf.Message.Contains("CO-RE", StringComparison.Ordinal) || own.Refusal == libbpf.Refusal
        : own.IsRefused || own.Programs.All(program => libbpf.Programs.TryGetValue(program.Key, out string[]? code) && code.Length == program.Value.Length);
}
