using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace P3Ebpf.Loader;

/// <summary>Finds in the running kernel what an object declares <c>extern</c>.</summary>
internal sealed class ExternResolver(BpfObjectSpec spec, BpfLoadOptions options, ModuleDescriptors modules)
{
    private readonly Dictionary<BpfExternSpec, ResolvedExtern> _resolved = [];
    private readonly Kernel _kernel = options.Kernel;

    /// <summary>What was found; weak externs that were not are absent.</summary>
    public IReadOnlyDictionary<BpfExternSpec, ResolvedExtern> Resolved => _resolved;

    /// <summary>Resolves all externs and writes the values of the <c>.kconfig</c> ones.</summary>
    /// <param name="kernelConfig">The value of the <c>.kconfig</c> map.</param>
    /// <exception cref="BpfException">A strong extern does not exist in this kernel, or has another type.</exception>
    public void Resolve(Span<byte> kernelConfig)
    {
        HashSet<string> addresses = [.. spec.Externs.Where(e => e.Kind == BpfExternKind.SymbolAddress).Select(e => e.Name)];
        IReadOnlyDictionary<string, ulong?> symbols = _kernel.FindSymbols(addresses);
        KernelConfig? given = options.KernelConfig is null ? null : new KernelConfig(new StringReader(options.KernelConfig));
        KernelConfig? running = spec.Externs.Any(e => e.Kind == BpfExternKind.KernelConfig && e.Name.StartsWith("CONFIG_", StringComparison.Ordinal))
            ? _kernel.Configuration
            : null;

        foreach (BpfExternSpec item in spec.Externs)
        {
            bool found = item.Kind switch
            {
                BpfExternKind.KernelConfig => ResolveConfig(item, given?[item.Name] ?? running?[item.Name], kernelConfig.Slice(item.ConfigOffset, item.Size)),
                BpfExternKind.SymbolAddress => ResolveAddress(item, symbols),
                _ => ResolveTyped(item),
            };
            if (!found && !item.IsWeak)
                throw Missing(item);
        }
    }

    private BpfException Missing(BpfExternSpec item)
    {
        string hint = item.Kind switch
        {
            BpfExternKind.KernelConfig => "Neither /boot/config-RELEASE nor /proc/config.gz sets it; declare it __weak if the program can do without.",
            BpfExternKind.SymbolAddress => "It is not in /proc/kallsyms; declare it __weak if the program can do without.",
            BpfExternKind.KernelFunction => $"Linux {KernelVersion.Release} has no such kernel function in its BTF; declare it __weak and ask bpf_ksym_exists() before the call.",
            _ => $"Linux {KernelVersion.Release} has no such variable in its BTF; declare it __weak if the program can do without.",
        };
        string[] near = item.Kind is BpfExternKind.KernelFunction or BpfExternKind.KernelVariable
            ? _kernel.NamesLike(item.Name, item.Kind == BpfExternKind.KernelFunction ? BtfKind.Func : BtfKind.Var)
            : [];
        return BpfException.NotSupported($"resolving extern '{item.Name}'", hint.TrimEnd('.') + (near.Length == 0 ? string.Empty : $"; similar: {string.Join(", ", near)}"));
    }

    private bool ResolveConfig(BpfExternSpec item, string? value, Span<byte> target)
    {
        switch (item.Name)
        {
            case "LINUX_KERNEL_VERSION":
                WriteNumber(item, target, KernelVersion.Code);
                return true;
            case "LINUX_HAS_BPF_COOKIE":
                WriteNumber(item, target, KernelFeature.BpfCookie.IsSupported() ? 1 : 0);
                return true;
            case "LINUX_HAS_SYSCALL_WRAPPER":
                WriteNumber(item, target, _kernel.HasSystemCallWrappers ? 1 : 0);
                return true;
        }

        if (value is null)
            return false;
        if (value.StartsWith('"'))
            WriteText(item, value, target);
        else if (value is "y" or "n" or "m")
            WriteLetter(item, value[0], target);
        else
            WriteNumber(item, target, ParseNumber(item, value));
        return true;
    }

    private static void WriteLetter(BpfExternSpec item, char letter, Span<byte> target)
    {
        Int128 number = item.ConfigType switch
        {
            KernelConfigType.Bool when letter != 'm' => letter == 'y' ? 1 : 0,
            KernelConfigType.Tristate => letter switch { 'y' => 1, 'm' => 2, _ => 0 },
            KernelConfigType.Char => letter,
            _ => throw Unfit(item, letter.ToString()),
        };
        WriteBits(number, target);
    }

    /// <summary>What does not fit is cut off; the last byte stays zero.</summary>
    private static void WriteText(BpfExternSpec item, string value, Span<byte> target)
    {
        if (item.ConfigType != KernelConfigType.Text || value.Length < 2 || !value.EndsWith('"'))
            throw Unfit(item, value);
        byte[] text = Encoding.UTF8.GetBytes(value[1..^1]);
        text.AsSpan(0, Math.Min(text.Length, target.Length - 1)).CopyTo(target);
    }

    private static Int128 ParseNumber(BpfExternSpec item, string value)
    {
        bool isHex = value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex && ulong.TryParse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) ? bits
            : Int128.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 number) ? number
            : throw Unfit(item, value);
    }

    private static void WriteNumber(BpfExternSpec item, Span<byte> target, Int128 value)
    {
        int bits = target.Length * 8;
        (Int128 least, Int128 most) = item.ConfigType switch
        {
            KernelConfigType.Bool => (0, Int128.One),
            KernelConfigType.Char or KernelConfigType.Integer when item.IsSigned => (-(Int128.One << (bits - 1)), (Int128.One << (bits - 1)) - 1),
            KernelConfigType.Char or KernelConfigType.Integer => (0, (Int128.One << bits) - 1),
            _ => throw Unfit(item, value.ToString(CultureInfo.InvariantCulture)),
        };
        if (value < least || value > most)
            throw Unfit(item, value.ToString(CultureInfo.InvariantCulture));
        WriteBits(value, target);
    }

    private static void WriteBits(Int128 value, Span<byte> target)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, unchecked((ulong)value));
        else
            BinaryPrimitives.WriteUInt64BigEndian(bytes, unchecked((ulong)value));
        (BitConverter.IsLittleEndian ? bytes[..target.Length] : bytes[^target.Length..]).CopyTo(target);
    }

    private static string Capitalised(string clause) => char.ToUpperInvariant(clause[0]) + clause[1..];

    private static BpfException Unfit(BpfExternSpec item, string value) =>
        new($"resolving extern '{item.Name}'", Errno.EINVAL, hint: $"Its value {value} does not fit the type that the object declares.");

    private bool ResolveAddress(BpfExternSpec item, IReadOnlyDictionary<string, ulong?> symbols)
    {
        if (!symbols.TryGetValue(item.Name, out ulong? address))
            return false;
        _resolved[item] = address is { } known
            ? new ResolvedExtern(Address: known)
            : throw new BpfException($"resolving extern '{item.Name}'", Errno.EINVAL, hint: "Several kernel symbols have this name, at different addresses.");
        return true;
    }

    private bool ResolveTyped(BpfExternSpec item)
    {
        BtfKind kind = item.Kind == BpfExternKind.KernelFunction ? BtfKind.Func : BtfKind.Var;
        string name = kind == BtfKind.Func ? Encoding.UTF8.GetString(BtfEssentialName.Of(Encoding.UTF8.GetBytes(item.Name))) : item.Name;
        return _kernel.TryFindType(name, kind, out KernelType found) && Accept(item, found);
    }

    private bool Accept(BpfExternSpec item, KernelType found)
    {
        BtfType type = found.Type;
        BtfSpec own = spec.Btf!;
        BtfTypeId local = item.Kind == BpfExternKind.KernelFunction ? own[new BtfTypeId(item.BtfTypeId)].TargetId : new BtfTypeId(item.BtfTypeId);
        if (!CoreTypeCompatibility.AreCompatible(own, own.ResolveModifiers(local).Id, type.Spec, type.Spec.ResolveModifiers(type.TargetId).Id))
        {
            if (item.IsWeak)
                return false;
            throw new BpfException($"resolving extern '{item.Name}'", Errno.EINVAL, hint: item.Kind == BpfExternKind.KernelFunction
                ? $"{Capitalised(FunctionPrototypes.Describe(type.Name.ToString(), own, local, type.Spec, type.TargetId))}. {FunctionPrototypes.Advise(type.Name.ToString(), own, local, type.Spec, type.TargetId)}"
                : $"The kernel has it as '{BtfTypeNames.TypeName(type.Spec, type.TargetId)}', the object declares '{BtfTypeNames.TypeName(own, local)}'.");
        }

        _resolved[item] = item.Kind == BpfExternKind.KernelFunction
            ? new ResolvedExtern(BtfTypeId: type.Id.Value, FdIndex: found.Module is null ? (short)0 : modules.IndexOf(found.Module))
            : new ResolvedExtern(BtfTypeId: type.Id.Value, ModuleDescriptor: found.Module is null ? 0 : modules.DescriptorOf(found.Module));
        return true;
    }
}
