using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A place where a systemd can be reached.</summary>
/// <param name="Address">The socket.</param>
/// <param name="IsBus">Whether a bus listens there; else systemd itself, which does without one early at boot and where none is installed.</param>
public sealed record SystemdEndpoint(DBusAddress Address, bool IsBus)
{
    /// <summary>Where the system's manager may be reached, the likeliest first.</summary>
    /// <param name="variable">Looks up a variable of the environment.</param>
    public static IReadOnlyList<SystemdEndpoint> OfSystem(Func<string, string?> variable)
    {
        List<SystemdEndpoint> endpoints = [];
        AddBus(endpoints, variable, "DBUS_SYSTEM_BUS_ADDRESS");
        if (endpoints.Count == 0)
            endpoints.Add(new SystemdEndpoint(new DBusAddress("/run/dbus/system_bus_socket", IsAbstract: false), IsBus: true));
        // Open to root alone, as is all that is asked there.
        endpoints.Add(new SystemdEndpoint(new DBusAddress("/run/systemd/private", IsAbstract: false), IsBus: false));
        return endpoints;
    }

    /// <summary>Where a user's manager may be reached, the likeliest first.</summary>
    /// <param name="variable">Looks up a variable of the environment.</param>
    /// <param name="user">The user's number.</param>
    public static IReadOnlyList<SystemdEndpoint> OfUser(Func<string, string?> variable, uint user)
    {
        List<SystemdEndpoint> endpoints = [];
        AddBus(endpoints, variable, "DBUS_SESSION_BUS_ADDRESS");
        string folder = variable("XDG_RUNTIME_DIR") is { Length: > 0 } given ? given.TrimEnd('/') : $"/run/user/{user}";
        AddFile(endpoints, folder + "/bus", isBus: true);
        // A shell that was entered by su keeps another user's variables, or none.
        AddFile(endpoints, $"/run/user/{user}/bus", isBus: true);
        AddFile(endpoints, folder + "/systemd/private", isBus: false);
        return endpoints;
    }

    /// <summary>As messages show it.</summary>
    public override string ToString() => Address.IsAbstract ? "@" + Address.Path : Address.Path;

    private static void AddBus(List<SystemdEndpoint> endpoints, Func<string, string?> variable, string name)
    {
        if (variable(name) is not { Length: > 0 } addresses)
            return;
        try
        {
            foreach (DBusAddress address in DBusAddress.ParseList(addresses))
                endpoints.Add(new SystemdEndpoint(address, IsBus: true));
        }
        catch (RuntimeException e)
        {
            throw RuntimeException.Prefix(name, e);
        }
    }

    private static void AddFile(List<SystemdEndpoint> endpoints, string path, bool isBus)
    {
        SystemdEndpoint endpoint = new(new DBusAddress(path, IsAbstract: false), isBus);
        if (!endpoints.Contains(endpoint))
            endpoints.Add(endpoint);
    }
}
