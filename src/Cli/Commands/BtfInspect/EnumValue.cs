
namespace P3Ebpf.Cli.Commands.BtfInspect;

/// <summary>A value of an enumeration, as documents have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it stands for, of any enumeration that C has.</param>
internal sealed record EnumValue(string Name, decimal Value)
{
    public static EnumValue From(BtfEnumerator enumerator) => new(enumerator.Name.ToString(), ValueOf(enumerator));

    public static decimal ValueOf(BtfEnumerator enumerator) => enumerator.Value;
}
