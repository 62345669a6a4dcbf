namespace P3Ebpf.Build;

/// <summary>
/// An object as text, with what its class is to be called. Compilers hand only text to generators, and see by it whether anything has changed.
/// </summary>
/// <param name="Namespace">The namespace; may be empty.</param>
/// <param name="ClassName">The class; <see langword="null"/> to call it after the object.</param>
/// <param name="FileName">The object's file, without its directory.</param>
/// <param name="Image">The object's bytes.</param>
internal sealed record ObjectText(string Namespace, string? ClassName, string FileName, byte[] Image)
{
    public const string Extension = ".bpfobject";

    /// <exception cref="FormatException">It is not what <see cref="ToString"/> wrote.</exception>
    public static ObjectText Parse(string text)
    {
        string[] lines = text.Split(['\n'], 4);
        return lines.Length == 4
            ? new ObjectText(lines[0], lines[1].Length == 0 ? null : lines[1], lines[2], Convert.FromBase64String(lines[3]))
            : throw new FormatException("It is no BPF object that the build has prepared.");
    }

    public override string ToString() => $"{Namespace}\n{ClassName}\n{FileName}\n{Convert.ToBase64String(Image)}";
}
