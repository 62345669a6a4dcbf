using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Whether a sequence of winners can be that of a fair lottery.</summary>
internal static class Fairness
{
    public static JsonObject Of(int[] winners, double[] chances, long skippedOthers, int skippedStakes)
    {
        int kinds = chances.Length;
        double[] won = new double[kinds];
        double[,] followed = new double[kinds, kinds];
        for (int i = 0; i < winners.Length; i++)
        {
            won[winners[i]]++;
            if (i > 0)
                followed[winners[i - 1], winners[i]]++;
        }

        double fit = 0, dependence = 0;
        for (int i = 0; i < kinds; i++)
        {
            fit += Term(won[i], chances[i] * winners.Length);
            double after = Enumerable.Range(0, kinds).Sum(j => followed[i, j]);
            for (int j = 0; j < kinds; j++)
                dependence += Term(followed[i, j], after * chances[j]);
        }

        return new JsonObject
        {
            ["draws"] = winners.Length,
            ["won"] = new JsonArray([.. won.Select(each => (JsonNode)each)]),
            ["chances"] = new JsonArray([.. chances.Select(each => (JsonNode)each)]),
            ["fit"] = Verdict(fit, kinds - 1),
            ["independence"] = Verdict(dependence, kinds * (kinds - 1)),
            ["longest_run_without_the_poorest"] = LongestWithout(winners, kinds - 1),
            ["draws_won_by_others"] = skippedOthers,
            ["draws_with_others"] = skippedStakes,
        };
    }

    private static double Term(double observed, double expected) => expected > 0 ? (observed - expected) * (observed - expected) / expected : 0;

    private static JsonObject Verdict(double chiSquare, int degrees) => new()
    {
        ["chi_square"] = chiSquare,
        ["degrees_of_freedom"] = degrees,
        ["p_value"] = UpperTail(degrees / 2.0, chiSquare / 2),
    };

    private static int LongestWithout(int[] winners, int kind)
    {
        int longest = 0, run = 0;
        foreach (int winner in winners)
        {
            run = winner == kind ? 0 : run + 1;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    /// <summary>The regularized upper incomplete gamma function for half-integers, by its recurrence from 1/2 or 1.</summary>
    private static double UpperTail(double a, double x)
    {
        bool isWhole = a == Math.Floor(a);
        double step = isWhole ? 1 : 0.5;
        double tail = isWhole ? Math.Exp(-x) : ErrorComplement(Math.Sqrt(x));
        double term = isWhole ? Math.Exp(-x) * x : Math.Exp(-x) * Math.Sqrt(x) / (Math.Sqrt(Math.PI) / 2);
        for (; step < a; step++)
        {
            tail += term;
            term *= x / (step + 1);
        }

        return tail;
    }

    /// <summary>Abramowitz and Stegun 7.1.26, within 1.5e-7.</summary>
    private static double ErrorComplement(double x)
    {
        double t = 1 / (1 + (0.3275911 * x));
        return t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * Math.Exp(-x * x);
    }
}
