using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Loader.Features;

/// <summary>The version of the running kernel.</summary>
public static partial class KernelVersion
{
    private static readonly Lazy<string> ReleaseText = new(() => ReadLine("/proc/sys/kernel/osrelease"));
    private static readonly Lazy<Version> Parsed = new(() => Determine(ReadLine));

    /// <summary>The release as <c>uname -r</c> prints it.</summary>
    public static string Release => ReleaseText.Value;

    /// <summary>The version the kernel means by LINUX_VERSION_CODE; distributions hide it in different places.</summary>
    public static Version Current => Parsed.Value;

    /// <summary>LINUX_VERSION_CODE: major, minor and patch, the latter at most 255.</summary>
    public static uint Code => (uint)((Current.Major << 16) | (Current.Minor << 8) | Math.Min(Math.Max(Current.Build, 0), 255));

    // Ubuntu and Debian put an ABI number where the patch level belongs, and the real version elsewhere.
    internal static Version Determine(Func<string, string> read)
    {
        string signature = read("/proc/version_signature");
        if (signature.Length > 0)
            return Parse(signature.Split(' ')[^1]);

        Match debian = DebianVersion().Match(read("/proc/sys/kernel/version"));
        return Parse(debian.Success ? debian.Groups[1].Value : read("/proc/sys/kernel/osrelease"));
    }

    internal static Version Parse(string text)
    {
        Match match = Numbers().Match(text);
        if (!match.Success)
            return new Version(0, 0, 0);
        return new Version(Number(match.Groups[1]), Number(match.Groups[2]), match.Groups[3].Success ? Number(match.Groups[3]) : 0);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string ReadLine(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";

    [GeneratedRegex(@"^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"Debian (\d[\d.]*)")]
    private static partial Regex DebianVersion();
}
