using System.Globalization;

namespace P3Ebpf.Doctor.Libraries;

/// <summary>A stretch of libbpf's versions: from one on, and before another; either side may be open.</summary>
/// <param name="From">The first version that it can be, or <see langword="null"/>.</param>
/// <param name="Before">The first version that it can no longer be, or <see langword="null"/>.</param>
internal readonly record struct LibbpfVersions(Version? From, Version? Before)
{
    /// <summary>Every version.</summary>
    public static LibbpfVersions Any => default;

    /// <summary>Whether nothing is known.</summary>
    public bool IsAny => From is null && Before is null;

    /// <summary>Whether no version can be meant: what was learnt contradicts itself.</summary>
    public bool IsEmpty => From is not null && Before is not null && From >= Before;

    /// <summary>One minor version, with all its patch levels.</summary>
    public static LibbpfVersions Of(int major, int minor) => new(new Version(major, minor), new Version(major, minor + 1));

    /// <summary>What can be both.</summary>
    public LibbpfVersions And(LibbpfVersions other) => new(
        From is null || other.From > From ? other.From ?? From : From,
        Before is null || other.Before < Before ? other.Before ?? Before : Before);

    /// <summary>Whether it is certainly older than a version.</summary>
    public bool IsOlderThan(Version version) => Before is not null && Before <= version;

    /// <summary>Whether it is certainly this version or a later one.</summary>
    public bool IsAtLeast(Version version) => From is not null && From >= version;

    /// <summary>Whether it can be of the same minor version.</summary>
    public bool Includes(Version version) =>
        (From is null || new Version(version.Major, version.Minor) >= new Version(From.Major, From.Minor)) && (Before is null || version < Before);

    /// <summary>The version that a text such as <c>1.5.0</c> or <c>v1.7</c> begins with.</summary>
    public static Version? Parse(string? text)
    {
        string numbers = new([.. (text ?? string.Empty).TrimStart('v').TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        return Version.TryParse(numbers.TrimEnd('.'), out Version? version) ? version : null;
    }

    /// <inheritdoc/>
    public override string ToString() => (From, Before) switch
    {
        (null, null) => "unknown",
        (null, var before) => string.Create(CultureInfo.InvariantCulture, $"older than {before}"),
        (var from, null) => string.Create(CultureInfo.InvariantCulture, $"{from} or later"),
        var (from, before) when before.Major == from.Major && before.Minor == from.Minor + 1 => from.ToString(2),
        var (from, before) => string.Create(CultureInfo.InvariantCulture, $"{from} or later, but older than {before}"),
    };
}
