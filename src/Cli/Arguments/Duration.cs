using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.Arguments;

/// <summary>The option that ends a command by itself.</summary>
internal static class Duration
{
    /// <summary>What a wait in milliseconds can hold: some 24 days.</summary>
    private const double MaximumSeconds = int.MaxValue / 1000;

    public static Option<TimeSpan?> Option(string description) => new("--duration")
    {
        HelpName = "SECONDS",
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= MaximumSeconds)
                return TimeSpan.FromSeconds(seconds);
            result.AddError($"--duration takes a number of seconds above 0 and up to {MaximumSeconds}, not '{text}'.");
            return null;
        },
    };
}
