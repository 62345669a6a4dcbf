using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace P3Ebpf.MutationScore;

/// <summary>A line, or one way that a condition may go.</summary>
internal sealed record Probe(int Id, string File, int Line, bool IsBranch);

/// <summary>Rewrites a file so that it notes which of its statements are reached, and which way its conditions go.</summary>
/// <param name="model">Of the file as it is.</param>
/// <param name="first">The number of the first probe.</param>
/// <param name="dropped">Probes that do not compile.</param>
internal sealed class Tracer(SemanticModel model, int first, IReadOnlySet<int> dropped) : CSharpSyntaxRewriter
{
    public List<Probe> Probes { get; } = [];

    /// <summary>The number that the next file begins with.</summary>
    public int Next { get; private set; } = first;

    public override SyntaxNode? Visit(SyntaxNode? node)
    {
        SyntaxNode? visited = node is AttributeListSyntax ? node : base.Visit(node);
        return node switch
        {
            StatementSyntax statement and not (BlockSyntax or LocalFunctionStatementSyntax) when statement.Parent is not (BlockSyntax or SwitchSectionSyntax or LabeledStatementSyntax) =>
                Block(List(Preceded(statement, (StatementSyntax)visited!))),
            ExpressionSyntax expression when IsDecision(expression) => Decided(expression, (ExpressionSyntax)visited!),
            ExpressionSyntax { Parent: ArrowExpressionClauseSyntax or SwitchExpressionArmSyntax } expression and not (ThrowExpressionSyntax or RefExpressionSyntax) =>
                Passed(expression, (ExpressionSyntax)visited!),
            _ => visited,
        };
    }

    public override SyntaxNode? VisitBlock(BlockSyntax node) => node.WithStatements(Traced(node.Statements));

    public override SyntaxNode? VisitSwitchSection(SwitchSectionSyntax node) => node.WithStatements(Traced(node.Statements));

    private SyntaxList<StatementSyntax> Traced(SyntaxList<StatementSyntax> statements) =>
        List(statements.SelectMany(statement => statement is BlockSyntax or LocalFunctionStatementSyntax
            ? [(StatementSyntax)Visit(statement)!]
            : Preceded(statement, (StatementSyntax)Visit(statement)!)));

    private IEnumerable<StatementSyntax> Preceded(StatementSyntax original, StatementSyntax statement)
    {
        int id = Add(original, isBranch: false);
        return [ParseStatement($"global::P3Ebpf.MutationScore.Switch.Is({id});"), statement];
    }

    /// <summary>A condition that declares nothing: what a pattern declares would not be assigned behind a call.</summary>
    private static bool IsDecision(ExpressionSyntax expression) =>
        expression.Parent switch
        {
            IfStatementSyntax or DoStatementSyntax or WhileStatementSyntax => true,
            ForStatementSyntax loop => loop.Condition == expression,
            ConditionalExpressionSyntax choice => choice.Condition == expression,
            _ => false,
        }
        && expression is not LiteralExpressionSyntax && !expression.DescendantNodesAndSelf().Any(node => node is SingleVariableDesignationSyntax);

    private InvocationExpressionSyntax Decided(ExpressionSyntax original, ExpressionSyntax condition)
    {
        int id = Add(original, isBranch: true);
        _ = Add(original, isBranch: true);
        return Called("Decide", id, condition);
    }

    private ExpressionSyntax Passed(ExpressionSyntax original, ExpressionSyntax value)
    {
        ITypeSymbol? type = model.GetTypeInfo(original).ConvertedType;
        if (type is null or { SpecialType: SpecialType.System_Void } or IPointerTypeSymbol or IErrorTypeSymbol)
            return value;
        int id = Next;
        if (dropped.Contains(id))
        {
            Next++;
            return value;
        }
        _ = Add(original, isBranch: original.Parent is SwitchExpressionArmSyntax);
        return Called($"Pass<{type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}>", id, value).WithAdditionalAnnotations(new SyntaxAnnotation(Mutator.Annotation, $"{id}"));
    }

    private static InvocationExpressionSyntax Called(string method, int id, ExpressionSyntax value) =>
        ((InvocationExpressionSyntax)ParseExpression($"global::P3Ebpf.MutationScore.Switch.{method}({id})")).AddArgumentListArguments(Argument(value.WithoutTrivia()));

    private int Add(SyntaxNode node, bool isBranch)
    {
        Probes.Add(new(Next, node.SyntaxTree.FilePath, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, isBranch));
        return Next++;
    }
}
