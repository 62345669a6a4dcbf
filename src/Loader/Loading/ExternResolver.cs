using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using P3Ebpf.Btf;
using P3Ebpf.CoRe;

namespace P3Ebpf.Loader;

/// <summary>Finds in the running kernel what an object declares <c>extern</c>.</summary>
internal sealed class ExternResolver(BpfObjectSpec spec, BpfLoadOptions options)
{
    /// <summary>The value of an enumeration <c>libbpf_tristate</c>: TRI_NO, TRI_YES, TRI_MODULE.</summary>
    private const string Tristate = "libbpf_tristate";

    private readonly Dictionary<BpfExternSpec, ResolvedExtern> _resolved = [];
    private readonly List<BtfObject> _modules = [];

    /// <summary>What was found; weak externs that were not are absent.</summary>
    public IReadOnlyDictionary<BpfExternSpec, ResolvedExtern> Resolved => _resolved;

    /// <summary>The modules whose functions are called, in the order of their <see cref="ResolvedExtern.FdIndex"/>.</summary>
    public IReadOnlyList<BtfObject> Modules => _modules;

    /// <summary>Resolves all externs and writes the values of the <c>.kconfig</c> ones.</summary>
    /// <param name="kernelConfig">The value of the <c>.kconfig</c> map.</param>
    /// <exception cref="BpfException">A strong extern does not exist in this kernel, or has another type.</exception>
    public void Resolve(Span<byte> kernelConfig)
    {
        HashSet<string> addresses = [.. spec.Externs.Where(e => e.Kind == BpfExternKind.SymbolAddress).Select(e => e.Name)];
        Dictionary<string, ulong?> symbols = KernelSymbols.Find(addresses);
        KernelConfig? given = options.KernelConfig is null ? null : new KernelConfig(new StringReader(options.KernelConfig));
        KernelConfig? running = spec.Externs.Any(e => e.Kind == BpfExternKind.KernelConfig && e.Name.StartsWith("CONFIG_", StringComparison.Ordinal))
            ? Loader.KernelConfig.ReadRunning()
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

    private static BpfException Missing(BpfExternSpec item)
    {
        string hint = item.Kind switch
        {
            BpfExternKind.KernelConfig => "Neither /boot/config-RELEASE nor /proc/config.gz sets it; declare it __weak if the program can do without.",
            BpfExternKind.SymbolAddress => "It is not in /proc/kallsyms; declare it __weak if the program can do without.",
            BpfExternKind.KernelFunction => $"Linux {KernelVersion.Release} has no such kernel function in its BTF; declare it __weak and ask bpf_ksym_exists() before the call.",
            _ => $"Linux {KernelVersion.Release} has no such variable in its BTF; declare it __weak if the program can do without.",
        };
        return BpfException.NotSupported($"resolving extern '{item.Name}'", hint.TrimEnd('.'));
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
                WriteNumber(item, target, KernelSymbols.Find(new HashSet<string> { "__x64_sys_bpf", "__arm64_sys_bpf", "__s390x_sys_bpf", "__riscv_sys_bpf" }).Count > 0 ? 1 : 0);
                return true;
        }

        if (value is null)
            return false;
        BtfType type = spec.Btf!.ResolveModifiers(new BtfTypeId(item.BtfTypeId));
        if (value.StartsWith('"'))
            WriteText(item, type, value, target);
        else if (value is "y" or "n" or "m")
            WriteLetter(item, type, value[0], target);
        else
            WriteNumber(item, target, ParseNumber(item, value));
        return true;
    }

    private static void WriteLetter(BpfExternSpec item, BtfType type, char letter, Span<byte> target)
    {
        bool isBool = type.Kind == BtfKind.Int && (type.Int.Encoding & BtfIntEncoding.Bool) != 0;
        bool isTristate = type.IsAnyEnum && type.Name.ToString() == Tristate;
        if (isBool && letter != 'm')
            target[0] = letter == 'y' ? (byte)1 : (byte)0;
        else if (isTristate)
            WriteNumber(item, target, letter switch { 'y' => 1, 'm' => 2, _ => 0 });
        else if (type.Kind == BtfKind.Int && type.Size == 1 && !isBool)
            target[0] = (byte)letter;
        else
            throw Unfit(item, letter.ToString());
    }

    private static void WriteText(BpfExternSpec item, BtfType type, string value, Span<byte> target)
    {
        if (type.Kind != BtfKind.Array || value.Length < 2 || !value.EndsWith('"'))
            throw Unfit(item, value);
        byte[] text = Encoding.UTF8.GetBytes(value[1..^1]);
        text.AsSpan(0, Math.Min(text.Length, target.Length - 1)).CopyTo(target);
    }

    private static long ParseNumber(BpfExternSpec item, string value)
    {
        bool isHex = value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex && ulong.TryParse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) ? (long)bits
            : long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
            : throw Unfit(item, value);
    }

    private static void WriteNumber(BpfExternSpec item, Span<byte> target, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        int bits = target.Length * 8;
        if (bits is not (8 or 16 or 32 or 64) || (bits < 64 && value >> bits is not (0 or -1)))
            throw Unfit(item, value.ToString(CultureInfo.InvariantCulture));
        (BitConverter.IsLittleEndian ? bytes[..target.Length] : bytes[^target.Length..]).CopyTo(target);
    }

    private static BpfException Unfit(BpfExternSpec item, string value) =>
        new($"resolving extern '{item.Name}'", Errno.EINVAL, hint: $"Its value {value} does not fit the type that the object declares.");

    private bool ResolveAddress(BpfExternSpec item, Dictionary<string, ulong?> symbols)
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
        if (KernelBtf.Vmlinux.TryFind(name, kind, out BtfType type))
            return Accept(item, type, null);

        foreach (BtfObjectInfo info in BtfObject.ListKernel())
        {
            if (info.Name == "vmlinux")
                continue;
            BtfObject module = BtfObject.FromId(info.Id);
            try
            {
                BtfSpec types = BtfSpec.Parse(module.ReadData(), new BtfReadOptions { Base = KernelBtf.Vmlinux, Source = info.Name });
                if (types.TryFind(name, kind, out type) && type.Id >= types.FirstId)
                {
                    bool accepted = Accept(item, type, module);
                    if (accepted)
                        _modules.Add(module);
                    return accepted;
                }
            }
            catch (BtfFormatException)
            {
                // A malformed module cannot be what the object needs.
            }
            finally
            {
                if (!_modules.Contains(module))
                    module.Dispose();
            }
        }

        return false;
    }

    private bool Accept(BpfExternSpec item, BtfType type, BtfObject? module)
    {
        BtfTypeId local = item.Kind == BpfExternKind.KernelFunction ? spec.Btf![new BtfTypeId(item.BtfTypeId)].TargetId : new BtfTypeId(item.BtfTypeId);
        if (!CoreTypeCompatibility.AreCompatible(spec.Btf!, local, type.Spec, type.TargetId))
        {
            if (item.IsWeak)
                return false;
            throw new BpfException($"resolving extern '{item.Name}'", Errno.EINVAL, hint: $"The kernel has it with another type ({type.Target}).");
        }

        _resolved[item] = new ResolvedExtern(BtfTypeId: type.Id.Value, Module: module, FdIndex: module is null ? (short)0 : checked((short)(_modules.Count + 1)));
        return true;
    }
}
