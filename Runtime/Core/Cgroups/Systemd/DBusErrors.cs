namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Names of errors that decide what is done next.</summary>
public static class DBusErrors
{
    public const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
    public const string InteractiveAuthorizationRequired = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
    public const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
    public const string NameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner";
    public const string ServiceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    public const string UnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod";
    public const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";

    /// <summary>What systemd answers to a property that it does not know, or that cannot be set now.</summary>
    public const string PropertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly";

    public const string NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";
    public const string UnitExists = "org.freedesktop.systemd1.UnitExists";
}
