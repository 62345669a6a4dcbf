namespace P3Ebpf.Btf;

/// <summary>
/// Prints types as C declarations that compile, with the layout that the BTF describes: a <c>vmlinux.h</c>.
/// </summary>
/// <remarks>
/// <para>Types come in the order of their ids, each after what it depends on; the output is the same every time.</para>
/// <para>
/// BTF keeps no alignment attributes. Gaps are filled with unnamed bitfields, and structs whose members lie off their natural places
/// get <c>__attribute__((packed))</c>, so that sizes and offsets are right on a compiler target with the pointer size of the BTF.
/// </para>
/// <para>Types of the same name are told apart by <c>___2</c>, <c>___3</c>… Names that C cannot spell are respelled with underscores.</para>
/// </remarks>
public static class BtfCPrinter
{
    /// <summary>Prints types as C.</summary>
    /// <param name="spec">The BTF.</param>
    /// <param name="output">Where the text goes, in UTF-8; left open.</param>
    /// <param name="ids">
    /// What to declare, along with all that it depends on; all types of the BTF itself where left out, those of its base only as needed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An id does not exist.</exception>
    /// <exception cref="BtfFormatException">A type contains itself.</exception>
    public static void Write(BtfSpec spec, Stream output, IEnumerable<BtfTypeId>? ids = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new Utf8Writer(output);
        var declarations = new BtfCDeclarations(spec, writer);
        writer.Write(Prologue);
        DeclareAll(spec, declarations, ids);
        if (ids is null)
            DeclareKernelFunctions(spec, declarations, writer);
        writer.Write(Epilogue);
        writer.Flush();
    }

    internal static void DeclareAll(BtfSpec spec, BtfCDeclarations declarations, IEnumerable<BtfTypeId>? ids)
    {
        if (ids is not null)
        {
            foreach (BtfTypeId id in ids)
                declarations.Declare(spec[id]);
            return;
        }

        HashSet<uint> usedEnums = UsedAnonymousEnums(spec);
        foreach (BtfType type in spec.OwnTypes)
        {
            bool isNamed = !type.Name.IsEmpty;
            if (type.IsAnyEnum ? isNamed || !usedEnums.Contains(type.Id.Value)
                : isNamed && (type.IsComposite || type.Kind is BtfKind.Fwd or BtfKind.Typedef))
            {
                declarations.Declare(type);
            }
        }
    }

    /// <summary>The anonymous enumerations that are declared with what uses them; only the others need to stand alone.</summary>
    private static HashSet<uint> UsedAnonymousEnums(BtfSpec spec)
    {
        var used = new HashSet<uint>();
        foreach (BtfType type in spec.OwnTypes)
        {
            switch (type.Kind)
            {
                case BtfKind.Struct or BtfKind.Union:
                    foreach (BtfMember member in type.Members)
                        _ = used.Add(member.TypeId.Value);
                    break;
                case BtfKind.Array:
                    _ = used.Add(type.Array.ElementTypeId.Value);
                    break;
                case BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Ptr or BtfKind.TypeTag:
                    _ = used.Add(type.TargetId.Value);
                    break;
            }
        }

        return used;
    }

    /// <summary>Functions that programs may call: the tag <c>bpf_kfunc</c> marks them.</summary>
    private static void DeclareKernelFunctions(BtfSpec spec, BtfCDeclarations declarations, Utf8Writer writer)
    {
        var functions = new List<BtfType>();
        var fastCalls = new HashSet<uint>();
        foreach (BtfType tag in spec.OwnTypes)
        {
            if (tag.Kind != BtfKind.DeclTag || tag.ComponentIndex != -1 || tag.Target.Kind != BtfKind.Func)
                continue;
            if (tag.Name.Equals("bpf_kfunc"u8))
                functions.Add(tag.Target);
            else if (tag.Name.Equals("bpf_fastcall"u8))
                _ = fastCalls.Add(tag.TargetId.Value);
        }

        if (functions.Count == 0)
            return;
        writer.Write(KernelFunctionsBegin);
        foreach (BtfType function in functions)
            declarations.DeclareExtern(function, fastCalls.Contains(function.Id.Value) ? "__bpf_fastcall "u8 : default, " __weak __ksym"u8);
        writer.Write(KernelFunctionsEnd);
    }

    private static ReadOnlySpan<byte> Prologue =>
        """
        #ifndef __VMLINUX_H__
        #define __VMLINUX_H__

        #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
        #pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
        #endif

        #ifndef __ksym
        #define __ksym __attribute__((section(".ksyms")))
        #endif

        #ifndef __weak
        #define __weak __attribute__((weak))
        #endif

        #ifndef __bpf_fastcall
        #if defined(__has_attribute) && __has_attribute(bpf_fastcall)
        #define __bpf_fastcall __attribute__((bpf_fastcall))
        #else
        #define __bpf_fastcall
        #endif
        #endif


        """u8;

    private static ReadOnlySpan<byte> KernelFunctionsBegin =>
        """
        #ifndef BPF_NO_KFUNC_PROTOTYPES


        """u8;

    private static ReadOnlySpan<byte> KernelFunctionsEnd =>
        """
        #endif


        """u8;

    private static ReadOnlySpan<byte> Epilogue =>
        """
        #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
        #pragma clang attribute pop
        #endif

        #endif /* __VMLINUX_H__ */

        """u8;
}
