namespace Vessel.Core.Security.Seccomp;

internal enum SeccompOperator : byte
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    MaskedEqual,
}

/// <summary>A condition on one argument: <c>(args[Index] &amp; Mask) Operator Datum</c>; the mask is full but for <c>MaskedEqual</c>.</summary>
internal readonly record struct SeccompCondition(byte Index, SeccompOperator Operator, ulong Mask, ulong Datum)
{
    /// <summary>Always true: a comparison through an empty mask, which libseccomp leaves out.</summary>
    public bool IsVacuous(bool wide) => wide ? Mask == 0 : (uint)Mask == 0;
}

/// <summary>An action taken where all conditions hold.</summary>
internal readonly record struct SeccompRule(SeccompCondition[] Conditions, uint Action)
{
    public bool IsUnconditional(bool wide)
    {
        foreach (SeccompCondition condition in Conditions)
        {
            if (!condition.IsVacuous(wide))
                return false;
        }
        return true;
    }
}
