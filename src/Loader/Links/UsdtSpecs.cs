using System.Buffers.Binary;
using System.Globalization;

namespace P3Ebpf.Loader.Links;

/// <summary>The maps of <c>usdt.bpf.h</c>, in which a program finds the places of its arguments.</summary>
internal sealed class UsdtMaps : IDisposable
{
    private const string SpecsName = "__bpf_usdt_specs";
    private const string AddressesName = "__bpf_usdt_ip_to_spec_id";
    private const int ValueSize = (UsdtArguments.MaxCount * UsdtArgument.EncodedSize) + 16;

    private readonly bool _areOwned;

    private UsdtMaps(BpfMap specs, BpfMap addresses, uint id, bool areOwned)
    {
        _areOwned = areOwned;
        Specs = specs;
        Addresses = addresses;
        Id = id;
    }

    /// <summary>From a number to the arguments of a site, <c>struct __bpf_usdt_spec</c>.</summary>
    public BpfMap Specs { get; }

    /// <summary>From the address of a site to its number, where the kernel has no cookies.</summary>
    public BpfMap Addresses { get; }

    /// <summary>The kernel's number for <see cref="Specs"/>.</summary>
    public uint Id { get; }

    /// <summary>Whether a probe can carry the number of its site.</summary>
    public static bool HasCookies => KernelFeature.BpfCookie.IsSupported();

    /// <summary>The maps of a program's object, or of a program that was opened by pin or id, those that it uses.</summary>
    /// <exception cref="BpfException">There are none, or of another shape.</exception>
    public static UsdtMaps Of(BpfProgram program, string action)
    {
        bool areOwned = program.ObjectMaps.Count == 0;
        if (!areOwned)
            return Choose(program.ObjectMaps, areOwned, action);
        var maps = new List<BpfMap>();
        UsdtMaps? found = null;
        try
        {
            foreach (uint id in program.GetInfo().MapIds)
                maps.Add(BpfMap.FromId(id));
            return found = Choose(maps, areOwned, action);
        }
        finally
        {
            foreach (BpfMap other in maps.Where(map => found is null || (map != found.Specs && map != found.Addresses)))
                other.Dispose();
        }
    }

    /// <summary>Closes the maps, where they were opened for this.</summary>
    public void Dispose()
    {
        if (!_areOwned)
            return;
        Specs.Dispose();
        Addresses.Dispose();
    }

    private static UsdtMaps Choose(IReadOnlyList<BpfMap> maps, bool areOwned, string action)
    {
        BpfMap? specs = maps.FirstOrDefault(map => IsNamed(map, SpecsName));
        BpfMap? addresses = maps.FirstOrDefault(map => IsNamed(map, AddressesName));
        if (specs is null || addresses is null)
            throw new BpfException(action, Errno.ENOENT, hint: $"The program has no maps {SpecsName} and {AddressesName}: compile it with usdt.bpf.h, and use bpf_usdt_arg or BPF_USDT in it.");
        if (specs.KeySize != sizeof(uint) || specs.ValueSize < ValueSize || addresses.KeySize != sizeof(ulong) || addresses.ValueSize != sizeof(uint))
            throw new BpfException(action, Errno.EINVAL, hint: $"{SpecsName} or {AddressesName} is of another shape than usdt.bpf.h gives it.");
        return new UsdtMaps(specs, addresses, specs.GetInfo().Id, areOwned);
    }

    /// <summary>The kernel keeps 15 characters of a name.</summary>
    private static bool IsNamed(BpfMap map, string name) => map.Name == name || map.Name == name[..15];
}

/// <summary>What an attachment wrote into the maps of <c>usdt.bpf.h</c>, to be taken back with it.</summary>
internal sealed class UsdtSpecs(UsdtMaps maps, ulong cookie, string action) : IDisposable
{
    // Which numbers are taken, by map: programs of one object share its maps.
    private static readonly Dictionary<uint, SortedSet<uint>> Taken = [];
    private static readonly Lock Gate = new();

    private readonly Dictionary<string, uint> _ids = new(StringComparer.Ordinal);
    private readonly List<ulong> _addresses = [];

    /// <summary>Writes the arguments of a site. Sites whose arguments are in the same places share a number.</summary>
    /// <returns>The number that the probe is to carry.</returns>
    /// <exception cref="BpfException">The arguments cannot be followed, or there is no room.</exception>
    public ulong Add(ElfUsdtProbe site, ElfMachine machine)
    {
        if (_ids.TryGetValue(site.Arguments, out uint known))
            return known;
        byte[] value = Encode(site, machine);
        uint id = Take();
        _ids.Add(site.Arguments, id);
        byte[] key = new byte[sizeof(uint)];
        BitConverter.TryWriteBytes(key, id);
        maps.Specs.Update(key, value);
        return id;
    }

    /// <summary>Lets the program find the numbers by the addresses of the sites.</summary>
    public void AddAddresses(ulong[] addresses, ulong[] ids)
    {
        for (int i = 0; i < addresses.Length; i++)
        {
            maps.Addresses.Update(BitConverter.GetBytes(addresses[i]), BitConverter.GetBytes((uint)ids[i]), BpfUpdateMode.NoExist);
            _addresses.Add(addresses[i]);
        }
    }

    /// <summary>Gives the numbers free.</summary>
    public void Dispose()
    {
        if (!maps.Addresses.Handle.IsClosed)
        {
            foreach (ulong address in _addresses)
                Forget(address);
        }

        lock (Gate)
        {
            if (Taken.TryGetValue(maps.Id, out SortedSet<uint>? taken))
            {
                taken.ExceptWith(_ids.Values);
                if (taken.Count == 0)
                    _ = Taken.Remove(maps.Id);
            }
        }

        _ids.Clear();
        _addresses.Clear();
        maps.Dispose();
    }

    /// <summary>An entry that stays does no harm but for its room: the number that it leads to is given to another site only when that is at another address.</summary>
    private void Forget(ulong address)
    {
        try
        {
            _ = maps.Addresses.Delete(BitConverter.GetBytes(address));
        }
        catch (BpfException)
        {
        }
    }

    private byte[] Encode(ElfUsdtProbe site, ElfMachine machine)
    {
        IReadOnlyList<UsdtArgument> arguments;
        try
        {
            arguments = UsdtArguments.Parse(site.Arguments, machine);
        }
        catch (Exception e) when (e is UsdtArgumentException or NotSupportedException)
        {
            throw new BpfException(action, Errno.EOPNOTSUPP, hint: $"The arguments of {site} at 0x{site.Address:x} ({site.Arguments}): {e.Message}");
        }

        byte[] value = new byte[maps.Specs.ValueSize];
        for (int i = 0; i < arguments.Count; i++)
            arguments[i].Write(value.AsSpan(i * UsdtArgument.EncodedSize));
        Span<byte> rest = value.AsSpan(UsdtArguments.MaxCount * UsdtArgument.EncodedSize);
        BinaryPrimitives.WriteUInt64LittleEndian(rest, cookie);
        BinaryPrimitives.WriteInt16LittleEndian(rest[8..], (short)arguments.Count);
        return value;
    }

    private uint Take()
    {
        lock (Gate)
        {
            if (!Taken.TryGetValue(maps.Id, out SortedSet<uint>? taken))
                Taken.Add(maps.Id, taken = []);
            uint free = 0;
            foreach (uint id in taken)
            {
                if (id != free)
                    break;
                free++;
            }

            if (free >= maps.Specs.MaxEntries)
                throw new BpfException(action, Errno.E2BIG, hint: $"{maps.Specs.Description} has room for {maps.Specs.MaxEntries} sites; define BPF_USDT_MAX_SPEC_CNT before including usdt.bpf.h.");
            _ = taken.Add(free);
            return free;
        }
    }
}

/// <summary>A part of a file in the memory of a process.</summary>
/// <param name="Start">The address of its first byte.</param>
/// <param name="End">The address behind its last.</param>
/// <param name="Offset">Where in the file it begins.</param>
internal sealed record MappedFile(ulong Start, ulong End, ulong Offset)
{
    public bool Has(ulong offset) => offset >= Offset && offset - Offset < End - Start;

    /// <summary>The executable parts of a file that a process has mapped.</summary>
    public static IReadOnlyList<MappedFile> Of(int processId, string path)
    {
        string resolved = Kernel.Running.Files.Resolve(Path.GetFullPath(path));
        string maps = $"/proc/{processId}/maps";
        var found = new List<MappedFile>();
        foreach (string line in File.Exists(maps) ? File.ReadLines(maps) : [])
        {
            // 7f0000000000-7f0000001000 r-xp 00001000 08:01 1234 /path
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 6 || fields[5] != resolved || fields[1][2] != 'x')
                continue;
            string[] range = fields[0].Split('-');
            found.Add(new MappedFile(Hexadecimal(range[0]), Hexadecimal(range[1]), Hexadecimal(fields[2])));
        }

        return found;
    }

    private static ulong Hexadecimal(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
