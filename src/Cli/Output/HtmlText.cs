using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace P3Ebpf.Cli.Output;

/// <summary>
/// A page of HTML that needs nothing from elsewhere and runs no script. What is put into the text of an interpolated string is escaped, whatever
/// it holds; only the literal parts of the program's own strings are markup.
/// </summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>Starts a page.</summary>
    /// <param name="title">Its title, which is its heading too.</param>
    public HtmlText(string title)
    {
        Add($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n");
        Add($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{title}</title>\n");
        _ = _text.Append("<style>\n").Append(Style).Append("</style></head><body>\n");
        Add($"<h1>{title}</h1>\n");
    }

    private static string Style => """
        :root { color-scheme: light dark; --page: #fff; --text: #1d2228; --soft: #5c6670; --line: #d9dee3; --panel: #f5f7f9;
          --good: #1a7f37; --good-page: #dff3e4; --part: #7a5b00; --part-page: #fdf1cf; --bad: #b3261e; --bad-page: #fbe3e1; --none-page: #e9ecef; }
        @media (prefers-color-scheme: dark) { :root { --page: #14181c; --text: #dfe5ea; --soft: #98a4af; --line: #323a42; --panel: #1c2228;
          --good: #66cf85; --good-page: #15341f; --part: #e7c35c; --part-page: #3a3011; --bad: #ff8f86; --bad-page: #43201d; --none-page: #2a3138; } }
        body { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1.25rem; }
        h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
        p { margin: .4rem 0; } .soft { color: var(--soft); } code, pre, .mono { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; } td, th { padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        th { font-weight: 600; } td.mono { overflow-wrap: anywhere; min-width: 13rem; } td.kernels { min-width: 11rem; }
        table.matrix th.kernel { padding: .4rem .2rem; vertical-align: bottom; } table.matrix th.kernel span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 18rem; font-weight: 400; white-space: nowrap; }
        table.matrix td.cell { min-width: 1.6rem; padding: .3rem; text-align: center; border: 1px solid var(--page); } table.matrix th.object { white-space: nowrap; font-weight: 400; }
        .good { background: var(--good-page); color: var(--good); } .part { background: var(--part-page); color: var(--part); } .bad { background: var(--bad-page); color: var(--bad); } .none { background: var(--none-page); color: var(--soft); }
        .mark { border-radius: .3rem; padding: .05rem .45rem; white-space: nowrap; } a { color: inherit; } ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; } ul.plain { list-style: none; padding: 0; margin: .3rem 0; }
        details { border: 1px solid var(--line); border-radius: .4rem; margin: .6rem 0; background: var(--page); } summary { cursor: pointer; padding: .5rem .8rem; background: var(--panel); border-radius: .4rem; } details > div { padding: .3rem .9rem .7rem; }
        details details { margin: .5rem 0; } pre { margin: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; } .plus { color: var(--good); } .minus { color: var(--bad); }
        td.cell a, th.object a { text-decoration: none; } th.object a:hover { text-decoration: underline; }
        @media print { body { max-width: none; margin: 0; font-size: 11px; } details::details-content { content-visibility: visible; display: block; } .wide { overflow: visible; } tr { break-inside: avoid; } summary { list-style: none; } h2, h3 { break-after: avoid; } code, pre, .mono { font-size: 10px; } td.mono { min-width: 7rem; } * { print-color-adjust: exact; } }

        """;

    /// <summary>Adds markup with text in it.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1822", Justification = "The handler writes into this page.")]
    public void Add([InterpolatedStringHandlerArgument("")] Markup markup) => _ = markup;

    /// <summary>The page, in UTF-8.</summary>
    public byte[] ToArray() => Encoding.UTF8.GetBytes(_text.ToString() + "</body></html>\n");

    /// <summary>Markup whose holes are filled with text.</summary>
    [InterpolatedStringHandler]
    internal readonly struct Markup
    {
        private readonly StringBuilder _text;

        public Markup(int literalLength, int formattedCount, HtmlText page)
        {
            _text = page._text;
            _ = _text.EnsureCapacity(_text.Length + literalLength + formattedCount);
        }

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(Printable.Of(text ?? string.Empty)));

        public void AppendFormatted(int number) => _text.Append(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
