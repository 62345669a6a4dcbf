using System.Text;

namespace P3Ebpf.Cli.Tests.Output;

/// <summary>
/// Names as an attacker makes them, each as long as the sound name whose place it takes: they clear the screen, forge a line, send C1 controls
/// and turn text around, as far as there is room.
/// </summary>
internal static class HostileObject
{
    /// <summary>Begins every line that only a name with a line feed can have made.</summary>
    public const string Forged = "!!";

    private static readonly string[] Attacks = ["\e[J", $"\n{Forged}", "\u009b", "\u202e", "\u007f", "\r", "\u2066", "\t", "\a"];

    /// <summary>A hostile name that begins like a sound one and has as many bytes.</summary>
    public static string NameLike(string sound, int prefix = 1)
    {
        string name = sound[..prefix];
        foreach (string attack in Attacks)
        {
            if (Encoding.UTF8.GetByteCount(name + attack) <= sound.Length)
                name += attack;
        }

        return name + new string('x', sound.Length - Encoding.UTF8.GetByteCount(name));
    }

    /// <summary>A file with hostile names instead of sound ones: sections, symbols, types, members, source files and lines.</summary>
    public static byte[] Build(byte[] file, params IEnumerable<(string Sound, string Hostile)> names)
    {
        byte[] built = [.. file];
        foreach ((string sound, string hostile) in names)
        {
            byte[] old = Encoding.UTF8.GetBytes(sound);
            byte[] now = Encoding.UTF8.GetBytes(hostile);
            now.Length.Should().Be(old.Length);
            int replaced = 0;
            for (int at = built.AsSpan().IndexOf(old); at >= 0; at = built.AsSpan().IndexOf(old))
            {
                now.CopyTo(built, at);
                replaced++;
            }

            replaced.Should().BePositive(sound);
        }

        return built;
    }
}
