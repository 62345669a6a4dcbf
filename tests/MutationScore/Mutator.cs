using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace P3Ebpf.MutationScore;

/// <summary>One change of one place.</summary>
internal sealed record Mutant(int Id, string File, int Line, string Original, string Changed);

/// <summary>Rewrites a file so that it holds all its mutants, each behind <c>Switch.Is(number)</c>.</summary>
/// <param name="model">Of the file as it is.</param>
/// <param name="first">The number of the first mutant.</param>
/// <param name="dropped">Mutants that do not compile.</param>
internal sealed class Mutator(SemanticModel model, int first, IReadOnlySet<int> dropped) : CSharpSyntaxRewriter
{
    /// <summary>The annotation of what belongs to a mutant; its data is the mutant's number.</summary>
    public const string Annotation = "mutant";

    private readonly Operators _operators = new(model);
    private int _next = first;

    public List<Mutant> Mutants { get; } = [];

    /// <summary>The number that the next file begins with.</summary>
    public int Next => _next;

    public override SyntaxNode? Visit(SyntaxNode? node) => node switch
    {
        null => null,
        _ when StaysAsItIs(node) => node,
        ExpressionSyntax expression when IsValue(expression) => Expression(expression),
        StatementSyntax statement and not BlockSyntax => Statement(statement),
        _ => base.Visit(node),
    };

    /// <summary>What must be constant, and what words a message: the text of an exception is for people, and no test compares it.</summary>
    private bool StaysAsItIs(SyntaxNode node) => node
        is AttributeListSyntax or EnumDeclarationSyntax or PatternSyntax or SwitchLabelSyntax and not CasePatternSwitchLabelSyntax or InterpolationAlignmentClauseSyntax
        or EqualsValueClauseSyntax { Parent: ParameterSyntax } or GotoStatementSyntax
        or LiteralExpressionSyntax { Parent: WhileStatementSyntax }
        || (node is FieldDeclarationSyntax field && field.Modifiers.Any(SyntaxKind.ConstKeyword))
        || (node is LocalDeclarationStatementSyntax local && local.IsConst)
        || (node is InterpolatedStringExpressionSyntax && node.Ancestors().OfType<BaseObjectCreationExpressionSyntax>().Any(IsException));

    private bool IsException(BaseObjectCreationExpressionSyntax creation)
    {
        for (ITypeSymbol? type = model.GetTypeInfo(creation).Type; type is not null; type = type.BaseType)
            if (type.Name == nameof(Exception))
                return true;
        return false;
    }

    private static bool IsValue(ExpressionSyntax expression) =>
        expression is not TypeSyntax { Parent: not (ExpressionSyntax or StatementSyntax or WhenClauseSyntax) } && expression.Parent is not (RefExpressionSyntax or NameColonSyntax or NameEqualsSyntax)
        && !(expression.Parent is ExpressionStatementSyntax) && !(expression.Parent is MemberAccessExpressionSyntax member && member.Name == expression);

    private SyntaxNode Expression(ExpressionSyntax expression)
    {
        bool declares = Declares(expression);
        bool isConstant = _operators.IsConstant(expression);
        List<ExpressionSyntax> changes = [.. _operators.Of(expression)];
        int id = _next;
        _next += changes.Count;
        var result = (ExpressionSyntax)(isConstant ? expression : base.Visit(expression))!;
        foreach (ExpressionSyntax change in changes)
        {
            bool negates = change is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression, Operand: ParenthesizedExpressionSyntax { Expression: var inner } } && inner.IsEquivalentTo(expression);
            if ((!declares || negates) && !dropped.Contains(id))
            {
                Add(id, expression, change.ToString());
                result = declares ? Flipped(id, result) : Chosen(id, change, result);
            }
            id++;
        }
        if (changes.Count == 0 || result == expression)
            return result;
        if (_operators.TypeOfConstant(expression) is { } type)
            result = CastExpression(ParseTypeName(type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)), Parenthesized(result));
        result = Parenthesized(result);

        // Where only a call or an assignment may stand, the choice is assigned to nothing.
        bool isStatement = expression.Parent is ForStatementSyntax loop ? loop.Incrementors.Contains(expression) : expression is AssignmentExpressionSyntax && expression.Parent is ArrowExpressionClauseSyntax;
        return isStatement ? AssignmentExpression(SyntaxKind.SimpleAssignmentExpression, ParseExpression("_"), result) : result;
    }

    private StatementSyntax Statement(StatementSyntax statement)
    {
        List<StatementSyntax?> changes = [];
        if (statement is ExpressionStatementSyntax { Expression: var expression })
        {
            changes.AddRange(_operators.Of(expression).Select(change => ExpressionStatement(change)));
            if (expression is InvocationExpressionSyntax or AssignmentExpressionSyntax { RawKind: (int)SyntaxKind.SimpleAssignmentExpression })
                changes.Add(null);
        }
        else if (statement is ThrowStatementSyntax or YieldStatementSyntax or ContinueStatementSyntax or BreakStatementSyntax { Parent: not SwitchSectionSyntax } or ReturnStatementSyntax { Expression: null })
        {
            changes.Add(null);
        }

        int id = _next;
        _next += changes.Count;
        var result = (StatementSyntax)base.Visit(statement)!;
        if (Declares(statement))
            return result;
        foreach (StatementSyntax? change in changes)
        {
            if (!dropped.Contains(id))
            {
                Add(id, statement, change?.ToString() ?? ";");
                result = Block(IfStatement(Is(id), change is null ? Block() : Block(change), ElseClause(result)).WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{id}")));
            }
            id++;
        }
        return result;
    }

    private void Add(int id, SyntaxNode node, string changed) =>
        Mutants.Add(new(id, node.SyntaxTree.FilePath, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, Line(node.ToString()), Line(changed)));

    private static string Line(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>A variable that is declared in an expression cannot be declared in its copy too.</summary>
    private static bool Declares(SyntaxNode node) => node is not LocalFunctionStatementSyntax && node.DescendantNodesAndSelf().Any(part => part is SingleVariableDesignationSyntax);

    private static ExpressionSyntax Chosen(int id, ExpressionSyntax change, ExpressionSyntax otherwise) =>
        Annotated(id, ConditionalExpression(Is(id), Annotated(id, Parenthesized(change)), Parenthesized(otherwise)));

    /// <summary>Of a condition that declares: what is assigned by an <c>out</c> stays so; what a pattern assigns is assigned where the pattern matched.</summary>
    private static ExpressionSyntax Flipped(int id, ExpressionSyntax condition) => Annotated(id, condition switch
    {
        IsPatternExpressionSyntax { Pattern: UnaryPatternSyntax } => BinaryExpression(SyntaxKind.LogicalOrExpression, Parenthesized(condition), Is(id)),
        IsPatternExpressionSyntax => BinaryExpression(SyntaxKind.LogicalAndExpression, Parenthesized(condition), PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, Is(id))),
        _ => BinaryExpression(SyntaxKind.ExclusiveOrExpression, Is(id), Parenthesized(condition)),
    });

    private static ExpressionSyntax Annotated(int id, ExpressionSyntax expression) => expression.WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{id}"));

    private static ParenthesizedExpressionSyntax Parenthesized(ExpressionSyntax expression) => ParenthesizedExpression(expression.WithoutTrivia());

    private static ExpressionSyntax Is(int id) => ParseExpression($"global::P3Ebpf.MutationScore.Switch.Is({id})");
}
