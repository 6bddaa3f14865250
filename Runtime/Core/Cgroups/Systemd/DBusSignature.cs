using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Types of D-Bus as their codes tell them (D-Bus specification, "Type System").</summary>
internal static class DBusSignature
{
    /// <summary>Of arrays, and of structs, in a signature.</summary>
    private const int MaximumDepth = 32;

    private const string BasicTypes = "ybnqiuxtdsogh";

    /// <summary>On which multiple of bytes a value begins, by the first code of its type.</summary>
    public static int AlignmentOf(char code) => code switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'b' or 'i' or 'u' or 'h' or 's' or 'o' or 'a' => 4,
        _ => 8,
    };

    /// <summary>The length of the one complete type at the beginning of <paramref name="signature"/>.</summary>
    /// <exception cref="RuntimeException">It begins with none, or the type is nested deeper than the specification allows.</exception>
    public static int LengthOfFirst(ReadOnlySpan<char> signature) => Length(signature, 0, 0, isElement: false);

    private static int Length(ReadOnlySpan<char> signature, int arrays, int structs, bool isElement)
    {
        if (signature.IsEmpty || arrays > MaximumDepth || structs > MaximumDepth)
            throw Malformed(signature);
        char code = signature[0];
        if (code == 'v' || BasicTypes.Contains(code))
            return 1;
        if (code == 'a')
            return 1 + Length(signature[1..], arrays + 1, structs, isElement: true);
        if (code == '(')
        {
            int length = 1;
            do
                length += Length(signature[length..], arrays, structs + 1, isElement: false);
            while (length < signature.Length && signature[length] != ')');
            return length < signature.Length ? length + 1 : throw Malformed(signature);
        }
        // An entry of a dictionary stands only in an array; its key is a basic type.
        if (code == '{' && isElement && signature.Length > 1 && BasicTypes.Contains(signature[1]))
        {
            int length = 2 + Length(signature[2..], arrays, structs + 1, isElement: false);
            return length < signature.Length && signature[length] == '}' ? length + 1 : throw Malformed(signature);
        }
        throw Malformed(signature);
    }

    private static RuntimeException Malformed(ReadOnlySpan<char> signature) =>
        new(ErrorKind.Internal, signature.IsEmpty ? "D-Bus message: a type's signature ends too early" : $"D-Bus message: `{signature}` begins with no type");
}
