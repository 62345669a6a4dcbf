using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace P3Ebpf.MutationScore;

/// <summary>What may become of an expression: the operators of mutation, which are Stryker's standard ones, and constants by one.</summary>
internal sealed class Operators(SemanticModel model)
{
    private static readonly Dictionary<SyntaxKind, SyntaxKind[]> Binary = new()
    {
        [SyntaxKind.LessThanExpression] = [SyntaxKind.LessThanOrEqualExpression, SyntaxKind.GreaterThanOrEqualExpression],
        [SyntaxKind.LessThanOrEqualExpression] = [SyntaxKind.LessThanExpression, SyntaxKind.GreaterThanExpression],
        [SyntaxKind.GreaterThanExpression] = [SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.LessThanOrEqualExpression],
        [SyntaxKind.GreaterThanOrEqualExpression] = [SyntaxKind.GreaterThanExpression, SyntaxKind.LessThanExpression],
        [SyntaxKind.EqualsExpression] = [SyntaxKind.NotEqualsExpression],
        [SyntaxKind.NotEqualsExpression] = [SyntaxKind.EqualsExpression],
        [SyntaxKind.LogicalAndExpression] = [SyntaxKind.LogicalOrExpression],
        [SyntaxKind.LogicalOrExpression] = [SyntaxKind.LogicalAndExpression],
        [SyntaxKind.AddExpression] = [SyntaxKind.SubtractExpression],
        [SyntaxKind.SubtractExpression] = [SyntaxKind.AddExpression],
        [SyntaxKind.MultiplyExpression] = [SyntaxKind.DivideExpression],
        [SyntaxKind.DivideExpression] = [SyntaxKind.MultiplyExpression],
        [SyntaxKind.ModuloExpression] = [SyntaxKind.MultiplyExpression],
        [SyntaxKind.LeftShiftExpression] = [SyntaxKind.RightShiftExpression],
        [SyntaxKind.RightShiftExpression] = [SyntaxKind.LeftShiftExpression],
        [SyntaxKind.BitwiseAndExpression] = [SyntaxKind.BitwiseOrExpression],
        [SyntaxKind.BitwiseOrExpression] = [SyntaxKind.BitwiseAndExpression],
        [SyntaxKind.ExclusiveOrExpression] = [SyntaxKind.BitwiseAndExpression],
    };

    private static readonly Dictionary<SyntaxKind, SyntaxKind> Assigning = new()
    {
        [SyntaxKind.AddAssignmentExpression] = SyntaxKind.SubtractAssignmentExpression,
        [SyntaxKind.SubtractAssignmentExpression] = SyntaxKind.AddAssignmentExpression,
        [SyntaxKind.MultiplyAssignmentExpression] = SyntaxKind.DivideAssignmentExpression,
        [SyntaxKind.DivideAssignmentExpression] = SyntaxKind.MultiplyAssignmentExpression,
        [SyntaxKind.LeftShiftAssignmentExpression] = SyntaxKind.RightShiftAssignmentExpression,
        [SyntaxKind.RightShiftAssignmentExpression] = SyntaxKind.LeftShiftAssignmentExpression,
        [SyntaxKind.AndAssignmentExpression] = SyntaxKind.OrAssignmentExpression,
        [SyntaxKind.OrAssignmentExpression] = SyntaxKind.AndAssignmentExpression,
    };

    /// <summary>The mutants of an expression, without those of its parts.</summary>
    public IEnumerable<ExpressionSyntax> Of(ExpressionSyntax expression)
    {
        if (IsConstant(expression))
            return HoldsLiteral(expression) ? Constants(expression) : [];
        IEnumerable<ExpressionSyntax> mutants = expression switch
        {
            IsPatternExpressionSyntax pattern => Boundaries(pattern),
            BinaryExpressionSyntax { RawKind: (int)SyntaxKind.CoalesceExpression, Right: not ThrowExpressionSyntax } coalesce => [coalesce.Right, coalesce.Left],
            BinaryExpressionSyntax binary when Binary.TryGetValue(binary.Kind(), out SyntaxKind[]? kinds) && IsArithmetic(binary) =>
                kinds.Select(kind => BinaryExpression(kind, binary.Left, binary.Right)),
            AssignmentExpressionSyntax assignment when Assigning.TryGetValue(assignment.Kind(), out SyntaxKind kind) && IsNumber(model.GetTypeInfo(assignment.Left).Type) =>
                [AssignmentExpression(kind, assignment.Left, assignment.Right)],
            PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PreIncrementExpression } step => [PrefixUnaryExpression(SyntaxKind.PreDecrementExpression, step.Operand)],
            PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PreDecrementExpression } step => [PrefixUnaryExpression(SyntaxKind.PreIncrementExpression, step.Operand)],
            PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression } step => [PostfixUnaryExpression(SyntaxKind.PostDecrementExpression, step.Operand)],
            PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostDecrementExpression } step => [PostfixUnaryExpression(SyntaxKind.PostIncrementExpression, step.Operand)],
            PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression or (int)SyntaxKind.UnaryMinusExpression or (int)SyntaxKind.BitwiseNotExpression } unary => [unary.Operand],
            _ => [],
        };
        return IsCondition(expression) ? mutants.Append(PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, ParenthesizedExpression(expression))) : mutants;
    }

    /// <summary>The type that a choice between constants needs, which no longer converts by itself.</summary>
    public ITypeSymbol? TypeOfConstant(ExpressionSyntax expression)
    {
        if (!IsConstant(expression))
            return null;
        TypeInfo info = model.GetTypeInfo(expression);
        ITypeSymbol? converted = info.ConvertedType is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : info.ConvertedType;
        return converted is { TypeKind: TypeKind.Enum } || IsNumber(converted) ? converted : info.Type;
    }

    public bool IsConstant(ExpressionSyntax expression) => model.GetConstantValue(expression).HasValue;

    private static bool HoldsLiteral(ExpressionSyntax expression) =>
        expression.DescendantNodesAndSelf().Any(node => node.Kind() is SyntaxKind.NumericLiteralExpression or SyntaxKind.TrueLiteralExpression or SyntaxKind.FalseLiteralExpression);

    /// <summary>One less and one more; of 0 and 1 the other.</summary>
    private IEnumerable<ExpressionSyntax> Constants(ExpressionSyntax expression)
    {
        object? value = model.GetConstantValue(expression).Value;
        if (value is bool flag)
            return [LiteralExpression(flag ? SyntaxKind.FalseLiteralExpression : SyntaxKind.TrueLiteralExpression)];
        if (value is null or string or char or double or float || TypeOfConstant(expression) is not { } type)
            return [];
        decimal number = Convert.ToDecimal(value, CultureInfo.InvariantCulture);
        decimal[] others = number == 0 ? [1] : number == 1 ? [0] : [number - 1, number + 1];
        return others.Select(other => ParseExpression($"unchecked(({type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)})({other.ToString(CultureInfo.InvariantCulture)}))"));
    }

    /// <summary>The pattern with each of its boundaries moved by one.</summary>
    private static IEnumerable<ExpressionSyntax> Boundaries(IsPatternExpressionSyntax pattern) =>
        pattern.Pattern.DescendantNodesAndSelf().OfType<RelationalPatternSyntax>().Select(relation => pattern.ReplaceNode(relation, relation.WithOperatorToken(Token(relation.OperatorToken.Kind() switch
        {
            SyntaxKind.LessThanToken => SyntaxKind.LessThanEqualsToken,
            SyntaxKind.LessThanEqualsToken => SyntaxKind.LessThanToken,
            SyntaxKind.GreaterThanToken => SyntaxKind.GreaterThanEqualsToken,
            _ => SyntaxKind.GreaterThanToken,
        }))));

    /// <summary>Something that decides, and is neither a comparison nor a combination, which have mutants of their own.</summary>
    private bool IsCondition(ExpressionSyntax expression)
    {
        if (expression is not (InvocationExpressionSyntax or MemberAccessExpressionSyntax or IdentifierNameSyntax or IsPatternExpressionSyntax or ElementAccessExpressionSyntax
            or BinaryExpressionSyntax { RawKind: (int)SyntaxKind.IsExpression }))
            return false;
        SyntaxNode place = expression;
        while (place.Parent is ParenthesizedExpressionSyntax)
            place = place.Parent;
        return model.GetTypeInfo(expression).Type?.SpecialType == SpecialType.System_Boolean && place.Parent switch
        {
            IfStatementSyntax or WhileStatementSyntax or DoStatementSyntax => true,
            ForStatementSyntax loop => loop.Condition == place,
            ConditionalExpressionSyntax choice => choice.Condition == place,
            BinaryExpressionSyntax binary => binary.Kind() is SyntaxKind.LogicalAndExpression or SyntaxKind.LogicalOrExpression,
            WhenClauseSyntax => true,
            _ => false,
        };
    }

    private bool IsArithmetic(BinaryExpressionSyntax binary) =>
        binary.Kind() != SyntaxKind.AddExpression && binary.Kind() != SyntaxKind.SubtractExpression || IsNumber(model.GetTypeInfo(binary).Type);

    private static bool IsNumber(ITypeSymbol? type) =>
        type is { TypeKind: TypeKind.Enum } || type?.SpecialType is >= SpecialType.System_Boolean and <= SpecialType.System_Double and not SpecialType.System_Char or SpecialType.System_IntPtr or SpecialType.System_UIntPtr;
}
