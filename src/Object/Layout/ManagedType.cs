using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace P3Ebpf.Object;

/// <summary>An unmanaged type as the runtime has laid it out.</summary>
/// <param name="Name">Its name in C#.</param>
/// <param name="Size">Bytes.</param>
internal sealed record ManagedType(string Name, int Size)
{
    /// <summary>What must be known of a type where code is trimmed: its fields.</summary>
    public const DynamicallyAccessedMemberTypes Needed = DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields;

    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The fields; none where the type counts as a whole: numbers, enumerations, pointers, what the base library has, what is opaque.</summary>
    public IReadOnlyList<ManagedField> Fields { get; init; } = [];

    /// <summary>Of an inline array or a fixed buffer, what it consists of.</summary>
    public ManagedType? Element { get; init; }

    /// <summary>Whether every field has its offset written at it, so that gaps are wanted.</summary>
    public bool IsExplicit { get; init; }

    /// <summary>Whether <see cref="Fields"/> are all: ahead-of-time compilation may drop what is said of the fields of nested types.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Whether it says nothing about what it holds.</summary>
    public bool IsWhole => Fields.Count == 0 && Element is null;

    /// <summary>Whether that is so since ahead-of-time compilation has dropped all of it, so that it may hold anything.</summary>
    public bool IsUnknown { get; init; }

    public static ManagedType Of<[DynamicallyAccessedMembers(Needed)] T>()
        where T : unmanaged =>
        CountsAsWhole(typeof(T)) ? new ManagedType(typeof(T).Name, Unsafe.SizeOf<T>()) : Of(default(T), typeof(T).GetFields(OwnFields), isComplete: true, []);

    /// <summary>The same of a type that is known only at run time.</summary>
    /// <param name="boxed">A value of it, which is overwritten.</param>
    /// <param name="known">The types that were met before; those that this meets are added.</param>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Where nothing is known of the fields of a nested type, it counts as a whole.")]
    internal static ManagedType Of(object boxed, Dictionary<Type, ManagedType> known)
    {
        Type type = boxed.GetType();
        if (!known.TryGetValue(type, out ManagedType? found))
        {
            known[type] = found = CountsAsWhole(type)
                ? new ManagedType(type.Name, SizeOf(boxed))
                : Of(boxed, type.GetFields(OwnFields), RuntimeFeature.IsDynamicCodeSupported, known);
        }

        return found;
    }

    private static bool CountsAsWhole(Type type) =>
        type.IsEnum || type.IsDefined(typeof(BpfOpaqueAttribute))
        || (type.Assembly == typeof(object).Assembly && !IsTuple(type));

    private static bool IsTuple(Type type) => type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true;

    private static ManagedType Of(object boxed, FieldInfo[] members, bool isComplete, Dictionary<Type, ManagedType> known)
    {
        Type type = boxed.GetType();
        int size = SizeOf(boxed);
        List<ManagedField> fields = [];
        foreach ((FieldInfo member, int offset, object value) in Locate(boxed, size, members))
            fields.Add(new ManagedField(member.Name, TypeOf(member, value, known), offset));
        if (type.GetCustomAttribute<InlineArrayAttribute>() is { } array)
            return new ManagedType(type.Name, size) { Element = fields.Count == 1 ? fields[0].Type : new ManagedType($"{type.Name}[]", size / array.Length) { IsUnknown = true } };
        return new ManagedType(type.Name, size) { Fields = fields, IsExplicit = type.IsExplicitLayout, IsComplete = isComplete, IsUnknown = fields.Count == 0 && !isComplete };
    }

    private static ManagedType TypeOf(FieldInfo member, object value, Dictionary<Type, ManagedType> known)
    {
        if (member.GetCustomAttribute<FixedBufferAttribute>() is not { Length: > 0 } buffer)
            return Of(value, known);
        int size = SizeOf(value);
        return new ManagedType($"{buffer.ElementType.Name}[{buffer.Length}]", size) { Element = new ManagedType(buffer.ElementType.Name, size / buffer.Length) };
    }

    /// <summary>
    /// The runtime does not tell where a field lies. So every byte of a struct is given its own number, and the first byte of a field's value says which
    /// it is: the lowest digit first, to the base of 256.
    /// </summary>
    private static List<(FieldInfo Member, int Offset, object Value)> Locate(object boxed, int size, FieldInfo[] members)
    {
        int[] offsets = new int[members.Length];
        object[] values = new object[members.Length];
        for (int shift = 0, rest = size; rest > 0; shift += 8, rest >>= 8)
        {
            NumberBytes(boxed, size, shift);
            for (int i = 0; i < members.Length; i++)
            {
                values[i] = Plain(members[i].GetValue(boxed)!);
                offsets[i] |= Unsafe.As<Box>(values[i]).First << shift;
            }
        }

        return [.. members.Select((member, i) => (member, offsets[i], values[i]))];
    }

    /// <summary>Pointers come in an object around them.</summary>
    private static unsafe object Plain(object value) => value is Pointer pointer ? (nint)Pointer.Unbox(pointer) : value;

    private static int SizeOf(object boxed) => RuntimeHelpers.SizeOf(boxed.GetType().TypeHandle);

    private static unsafe void NumberBytes(object boxed, int size, int shift)
    {
        fixed (byte* bytes = &Unsafe.As<Box>(boxed).First)
        {
            for (int i = 0; i < size; i++)
                bytes[i] = (byte)(i >> shift);
        }
    }

    /// <summary>The value in a box is where the first field of any object is; its type is not known to the compiler here.</summary>
    private sealed class Box
    {
        public byte First;
    }
}

/// <summary>A field of an unmanaged type.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Offset">Bytes from the start of the type.</param>
internal sealed record ManagedField(string Name, ManagedType Type, int Offset);
