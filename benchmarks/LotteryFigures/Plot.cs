using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Draws what was measured: one figure for the accuracy of all kernels, and the others for the first.</summary>
internal static class Plot
{
    private const int Width = 400;
    private const int Height = 300;
    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"];

    public static string Draw(IReadOnlyList<JsonNode> runs)
    {
        var svg = new StringBuilder();
        _ = svg.AppendLine(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {2 * Width} {2 * Height}\" font-family=\"sans-serif\" font-size=\"11\">"))
            .AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        Accuracy(new Panel(svg, 0, 0, "two tasks: observed by allocated ratio, with standard deviation", 11, 14, "allocated", "observed"), runs);
        JsonNode first = runs[0];
        Lines(new Panel(svg, Width, 0, "three tasks, 3:2:1 tickets, then 1:2:3", Last(first["slopes"]!), Highest(first["slopes"]!), "seconds that all have run", "seconds run"), first["slopes"]!, ["3, then 1", "2", "1, then 3"]);
        Lines(new Panel(svg, 0, Height, "currencies: silver is inflated half-way", Last(first["currencies"]!), Highest(first["currencies"]!), "seconds that all have run", "seconds run"), first["currencies"]!, ["gold 1", "gold 2", "silver 1", "silver 2", "silver 3, late"]);
        Bars(new Panel(svg, Width, Height, "a task that uses a fifth of each slice: its share, compensated or not", 5, 1, "", "share"), first["compensation"]!);
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Accuracy(Panel panel, IReadOnlyList<JsonNode> runs)
    {
        panel.Line("#999", [(0, 0), (11, 11)]);
        for (int run = 0; run < runs.Count; run++)
        {
            foreach (JsonNode? each in runs[run]["ratios"]!.AsArray())
            {
                double x = Number(each!["allocated"]) + (0.16 * run) - 0.08, y = Number(each["observed"]), deviation = Number(each["ratio_deviation"]);
                panel.Line(Colours[run], [(x, y - deviation), (x, y + deviation)]);
                panel.Dot(Colours[run], x, y);
            }

            panel.Legend(run, Colours[run], $"Linux {(string)runs[run]["kernel"]!}");
        }
    }

    private static void Lines(Panel panel, JsonNode part, string[] names)
    {
        JsonArray[] samples = [.. part["seconds_run"]!.AsArray().Select(sample => sample!.AsArray())];
        for (int task = 0; task < names.Length; task++)
        {
            panel.Line(Colours[task], [.. samples.Where(sample => sample.Count > task).Select(sample => (sample.Sum(Number), Number(sample[task])))]);
            panel.Legend(task, Colours[task], names[task]);
        }
    }

    private static void Bars(Panel panel, JsonNode part)
    {
        int place = 1;
        foreach (JsonNode? each in part.AsArray())
        {
            double share = Number(each!["interrupted_share"]);
            panel.Bar(Colours[place - 1], (2 * place) - 1, share, $"{((bool)each["compensate"]! ? "with" : "without")}: {share.ToString("0.0 %", CultureInfo.InvariantCulture)}");
            place++;
        }

        panel.Line("#999", [(0, 0.5), (5, 0.5)]);
    }

    /// <summary>The axis is what all of them have run: the measuring program takes time from them, and makes changes in no time.</summary>
    private static double Last(JsonNode part) => part["seconds_run"]!.AsArray()[^1]!.AsArray().Sum(Number);

    private static double Highest(JsonNode part) => part["seconds_run"]!.AsArray()[^1]!.AsArray().Max(Number) * 1.1;

    private static double Number(JsonNode? node) => node!.GetValue<double>();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A picture with axes, from 0 to the given ends.</summary>
    private sealed class Panel
    {
        private const int Left = 44;
        private const int Right = 14;
        private const int Top = 28;
        private const int Bottom = 38;

        private readonly StringBuilder _svg;
        private readonly int _left;
        private readonly int _top;
        private readonly double _endX;
        private readonly double _endY;

        public Panel(StringBuilder svg, int left, int top, string title, double endX, double endY, string nameX, string nameY)
        {
            (_svg, _left, _top, _endX, _endY) = (svg, left, top, endX, endY);
            Text(left + (Width / 2), top + 16, title, "middle", " font-weight=\"bold\"");
            Text(left + (Width / 2), top + Height - 6, nameX, "middle");
            Text(left + Left, top + Top - 4, nameY, "middle");
            Line("black", [(0, endY), (0, 0), (endX, 0)]);
            foreach (double x in nameX.Length == 0 ? [] : Ticks(endX))
                Text(X(x), Y(0) + 14, Invariant($"{x}"), "middle");
            foreach (double y in Ticks(endY))
                Text(X(0) - 5, Y(y) + 4, Invariant($"{y}"), "end");
        }

        public void Line(string colour, IReadOnlyList<(double X, double Y)> points) => _svg.AppendLine(
            $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{string.Join(' ', points.Select(point => Invariant($"{X(point.X):0.#},{Y(point.Y):0.#}")))}\"/>");

        public void Dot(string colour, double x, double y) => _svg.AppendLine(Invariant($"<circle cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"3\" fill=\"{colour}\"/>"));

        public void Bar(string colour, double x, double y, string text)
        {
            _svg.AppendLine(Invariant($"<rect x=\"{X(x):0.#}\" y=\"{Y(y):0.#}\" width=\"{X(1) - X(0):0.#}\" height=\"{Y(0) - Y(y):0.#}\" fill=\"{colour}\"/>"));
            Text(X(x + 0.5), Y(0) + 14, text, "middle");
        }

        public void Legend(int line, string colour, string text)
        {
            double y = _top + Top + 10 + (14 * line);
            _svg.AppendLine(Invariant($"<rect x=\"{_left + Left + 8}\" y=\"{y - 8}\" width=\"9\" height=\"9\" fill=\"{colour}\"/>"));
            Text(_left + Left + 22, y, text, "start");
        }

        private static IEnumerable<double> Ticks(double end)
        {
            double step = Math.Pow(10, Math.Floor(Math.Log10(end)));
            step = end / step < 2.5 ? step / 5 : end / step < 5 ? step / 2 : step;
            for (int i = 0; i * step <= end; i++)
                yield return Math.Round(i * step, 6);
        }

        private double X(double x) => _left + Left + (x / _endX * (Width - Left - Right));

        private double Y(double y) => _top + Height - Bottom - (y / _endY * (Height - Top - Bottom));

        private void Text(double x, double y, string text, string anchor, string more = "") =>
            _svg.AppendLine(Invariant($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{more}>{text}</text>"));
    }
}
