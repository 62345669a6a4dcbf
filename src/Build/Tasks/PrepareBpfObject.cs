using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace P3Ebpf.Build.Tasks;

/// <summary>Makes of an object the text that <see cref="BpfGenerator"/> reads.</summary>
public sealed class PrepareBpfObject : Task
{
    /// <summary>The object.</summary>
    [Required]
    public string Object { get; set; } = string.Empty;

    /// <summary>The text to write.</summary>
    [Required]
    public string Text { get; set; } = string.Empty;

    /// <summary>The namespace of the class.</summary>
    public string? Namespace { get; set; }

    /// <summary>The class; after the object unless given.</summary>
    public string? ClassName { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(Text)!);
            File.WriteAllText(Text, new ObjectText(Namespace ?? string.Empty, ClassName, Path.GetFileName(Object), File.ReadAllBytes(Object)).ToString());
            return true;
        }
        catch (IOException e)
        {
            Log.LogError(null, "PEBPF011", null, Object, 0, 0, 0, 0, "{0}", e.Message);
            return false;
        }
    }
}
