using System.Text;

namespace P3Ebpf.NetStandard;

/// <summary>
/// Puts the captured BTF and the objects of the tests through the parsing libraries and prints what comes out, a line for each piece of work. What the
/// libraries of netstandard2.0 print, under Mono, must be what those of net10.0 print.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("usage: P3Ebpf.NetStandard REPOSITORY");
            return 2;
        }

        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        IEnumerable<Work> all = [.. TypesWork.In(arguments[0]), .. ObjectWork.In(arguments[0]), .. DamageWork.In(arguments[0])];
        foreach (Work work in all)
            Console.WriteLine($"{work.Name}: {Outcome(work)}");
        return 0;
    }

    /// <summary>Errors that the libraries document are outcomes; others end the program.</summary>
    private static string Outcome(Work work)
    {
        try
        {
            return work.Run();
        }
        catch (EbpfException e)
        {
            return $"{e.GetType().Name} {Digest.Of(e.Message + e.Hint)}";
        }
    }
}

/// <summary>Something to do, whose result can be compared.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Run">Does it, and says in a line what came out.</param>
internal sealed record Work(string Name, Func<string> Run);
