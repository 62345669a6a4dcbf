using System.Buffers.Binary;
using System.Text;
using P3Ebpf.Loader.Verifier;

namespace P3Ebpf.Doctor.Tests;

/// <summary>
/// Text that is made to cost: what patterns do with it may grow with its length, and not with the square. At these lengths the square would keep the tests
/// for hours; memory is counted.
/// </summary>
public sealed class HostileTextTests
{
    private const int Length = 1 << 18;

    public static TheoryData<string, string> Texts => new()
    {
        { "line feeds", "\n" },
        { "digits", "1" },
        { "spaces", " " },
        { "numbers of errors", "errno" },
        { "signs after errno", "errno = = = = = = = =" },
        { "beginnings of messages", "libbpf: prog '" },
        { "relocations", "libbpf: prog 'a': relo #1: " },
        { "beginnings of errors", "load program: " },
        { "functions", "func#1" },
        { "instructions", "0: (79) r1 = *(u64 *)(r0 +0): " },
        { "places", "; a @ b:1 @ " },
        { "stacks", "invalid stack off=-1 " },
        { "registers", "R1_R1=pkt(" },
        { "kinds", "BTF_KIND:" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_log_of_it_is_read_to_its_end(string name, string piece)
    {
        foreach (string separator in (string[])["", "\n"])
        {
            string text = string.Concat(Enumerable.Repeat(piece + separator, Length / (piece.Length + separator.Length)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            LoaderLog log = LoaderLog.Read(text);
            VerifierVerdict verdict = VerifierVerdict.Parse(text);
            (log.Messages.Count >= 0 && verdict.DecisiveLines.Count <= 6).Should().BeTrue(name);
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(600L * Length, name);
        }
    }

    /// <summary>Each entry names the rest of one long text.</summary>
    [Fact]
    public void A_linkers_cache_whose_names_overlap_takes_memory_by_its_size()
    {
        const int Header = 48, Entry = 24, Entries = 20_000;
        byte[] cache = new byte[Header + (Entries * Entry) + Length];
        Encoding.ASCII.GetBytes("glibc-ld.so.cache1.1").CopyTo(cache, 0);
        BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(20), Entries);
        cache[28] = 2;
        cache.AsSpan(Header + (Entries * Entry)).Fill((byte)'x');
        for (int i = 0; i < Entries; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(Header + (i * Entry) + 4), Header + (Entries * Entry) + i);
            BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(Header + (i * Entry) + 8), Header + (Entries * Entry) + i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        LinkerCache.Parse(cache)!.Names.Should().NotBeEmpty();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16L * cache.Length);
    }
}
