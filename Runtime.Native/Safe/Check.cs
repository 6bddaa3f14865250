namespace Vessel.Native.Safe;

/// <summary>Turns a raw result into a value or an exception.</summary>
public static class Check
{
    /// <summary>The result; throws <see cref="SyscallException"/> where it is a negated errno.</summary>
    /// <param name="result">What <see cref="Raw.Kernel"/> returned.</param>
    /// <param name="call">What was attempted: <c>mkdir</c>.</param>
    /// <param name="target">On which object; it stands after the call in the message.</param>
    public static nint Ok(nint result, string call, string? target = null)
    {
        if (result < 0)
            Throw((int)-result, call, target);
        return result;
    }

    // Apart, so that the check itself is inlined.
    private static void Throw(int errno, string call, string? target) =>
        throw new SyscallException(target is null ? call : $"{call} {target}", errno);
}
