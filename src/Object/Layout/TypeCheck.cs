using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace P3Ebpf.Object;

/// <summary>Refuses types that are not laid out as the program has them.</summary>
internal static class TypeCheck
{
    private const int MaxDifferences = 3;

    /// <summary>Compares a type with one of BTF; where there is none, anything passes.</summary>
    /// <param name="btf">The object's BTF.</param>
    /// <param name="id">The type in it, or 0.</param>
    /// <param name="what">Of what it is, as a sentence begins: <c>Variable 'limit' is of type</c>.</param>
    /// <exception cref="ArgumentException">It is laid out differently.</exception>
    public static void Require<[DynamicallyAccessedMembers(ManagedType.Needed)] T>(BtfSpec? btf, uint id, string what)
        where T : unmanaged
    {
        if (btf is null || id == 0 || typeof(T).IsDefined(typeof(BpfOpaqueAttribute)))
            return;
        var typeId = new BtfTypeId(id);
        IReadOnlyList<string> differences = LayoutComparison.Compare(ManagedType.Of<T>(), btf, typeId);
        if (differences.Count == 0)
            return;
        string more = differences.Count > MaxDifferences ? $"; and {differences.Count - MaxDifferences} more" : string.Empty;
        throw new ArgumentException(
            $"{what} {BtfTypeNames.TypeName(btf, typeId)}, and {typeof(T).Name} is laid out differently: {string.Join("; ", differences.Take(MaxDifferences))}{more}. "
            + $"Mind the order of fields, padding and Pack; [BpfOpaque] at {typeof(T).Name} says that its fields do not matter.");
    }
}
