using System.Text.Json.Nodes;

namespace LotteryFigures;

internal static class Plot
{
    public static string Draw(JsonNode data) => data.ToJsonString();
}
