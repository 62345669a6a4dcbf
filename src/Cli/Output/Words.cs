using System.Text.Json;

namespace P3Ebpf.Cli.Output;

/// <summary>The kernel's words for kinds of objects: <c>sched_cls</c>, <c>lru_hash</c>.</summary>
internal static class Words
{
    public static string Of<T>(T kind)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}
