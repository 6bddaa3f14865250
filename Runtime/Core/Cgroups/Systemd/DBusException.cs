using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>The other side of a D-Bus connection answered with an error. The connection can be used further.</summary>
public sealed class DBusException(string errorName, string text)
    : RuntimeException(KindOf(errorName), text.Length == 0 ? errorName : $"{text.TrimEnd('.')} ({errorName})")
{
    /// <summary>The name of the error: <c>org.freedesktop.systemd1.NoSuchUnit</c>.</summary>
    public string ErrorName { get; } = errorName;

    /// <summary>What the other side said of it; empty where it gave no reason.</summary>
    public string Text { get; } = text;

    // Names of the D-Bus specification, "Standard error names" of the reference implementation, and of org.freedesktop.systemd1(5).
    private static ErrorKind KindOf(string errorName) => errorName switch
    {
        DBusErrors.AccessDenied or DBusErrors.InteractiveAuthorizationRequired => ErrorKind.PermissionDenied,
        DBusErrors.UnitExists => ErrorKind.AlreadyExists,
        DBusErrors.NoSuchUnit or DBusErrors.ServiceUnknown or DBusErrors.NameHasNoOwner => ErrorKind.NotFound,
        DBusErrors.UnknownMethod or DBusErrors.UnknownProperty or DBusErrors.PropertyReadOnly => ErrorKind.Unsupported,
        DBusErrors.InvalidArgs => ErrorKind.InvalidSpec,
        _ => ErrorKind.Internal,
    };
}
