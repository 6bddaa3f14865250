using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>systemd, the system's or a user's, as far as a container's scope needs it (org.freedesktop.systemd1(5)).</summary>
public sealed class SystemdManager : IDisposable
{
    private const string Name = "org.freedesktop.systemd1";
    private const string Object = "/org/freedesktop/systemd1";
    private const string Interface = Name + ".Manager";
    private const string ScopeInterface = Name + ".Scope";
    private const string PropertiesInterface = "org.freedesktop.DBus.Properties";

    private const string NoSystemd = "is systemd running as pid 1? without it leave out --systemd-cgroup";
    private const string OnlyRoot = "only root may have scopes of the system's systemd: an ordinary user has one of its own";

    private readonly DBusConnection connection;
    private readonly bool user;
    private readonly string? owner;
    private bool listens;
    private int version;

    /// <summary>Speaks to systemd over a connection that becomes this object's.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isBus">Whether it leads to a bus; else to systemd itself.</param>
    /// <param name="user">Whether it is a user's systemd.</param>
    /// <exception cref="DBusException">There is no systemd on the bus.</exception>
    public SystemdManager(DBusConnection connection, bool isBus, bool user)
    {
        this.connection = connection;
        this.user = user;
        owner = isBus ? connection.OwnerOf(Name) : null;
    }

    /// <summary>Its version: 252.</summary>
    public int Version => version > 0 ? version : version = SystemdVersion.Parse(ManagerProperty("Version"));

    /// <summary>The cgroup that all of its units' are below: empty for the system's manager, <c>/user.slice/…/user@1000.service</c> for a user's.</summary>
    public string ControlGroup => ManagerProperty("ControlGroup");

    /// <summary>Connects to the system's manager, or to that of the user who we are.</summary>
    /// <exception cref="RuntimeException">It cannot be reached; the message says where it was looked for, and what to do.</exception>
    public static SystemdManager Connect(bool user)
    {
        uint number = (uint)Kernel.Call(SYS.geteuid);
        return Connect(user ? SystemdEndpoint.OfUser(Environment.GetEnvironmentVariable, number) : SystemdEndpoint.OfSystem(Environment.GetEnvironmentVariable), user);
    }

    /// <summary>Connects to the first of <paramref name="endpoints"/> where a systemd answers.</summary>
    public static SystemdManager Connect(IReadOnlyList<SystemdEndpoint> endpoints, bool user)
    {
        List<string> failures = [];
        ErrorKind kind = ErrorKind.NotFound;
        foreach (SystemdEndpoint endpoint in endpoints)
            try
            {
                return Connect(endpoint, user);
            }
            catch (Exception e) when (e is SyscallException or RuntimeException)
            {
                if (e is RuntimeException { Kind: ErrorKind.PermissionDenied } or SyscallException { Errno: Errno.EACCES or Errno.EPERM })
                    kind = ErrorKind.PermissionDenied;
                failures.Add(e is SyscallException ? e.Message : $"{endpoint}: {e.Message}");
            }
        string advice = user ? "log in with a session of its own, or `loginctl enable-linger USER`, and set XDG_RUNTIME_DIR"
            : kind == ErrorKind.PermissionDenied ? OnlyRoot
            : NoSystemd;
        throw new RuntimeException(kind, $"no systemd to be reached: {string.Join("; ", failures)}; {advice}");
    }

    /// <summary>Makes a scope with these processes in it, and waits until it is there.</summary>
    /// <param name="scope">Its name and slice.</param>
    /// <param name="properties">All of its properties: <see cref="ScopeProperties"/>, <see cref="DeviceProperties"/>.</param>
    /// <exception cref="RuntimeException">
    /// There is such a unit already, or systemd refuses; the processes are where they were. Where it did not answer in time, the scope may still
    /// come: <see cref="StopScope"/> then.
    /// </exception>
    public void StartScope(ScopeName scope, IReadOnlyList<UnitProperty> properties)
    {
        string unit = scope.UnitName;
        string what = $"start systemd scope `{unit}`";
        string result;
        try
        {
            result = RunJob(StartJob(unit, properties), unit);
        }
        catch (DBusException e) when (e.ErrorName == DBusErrors.UnitExists)
        {
            // One that failed stays until it is reset. One that runs is not touched by that, and refuses again.
            ResetFailed(unit);
            result = Explain(what, () => RunJob(StartJob(unit, properties), unit));
        }
        catch (RuntimeException e)
        {
            throw Explained(what, e);
        }
        if (result == "done")
            return;
        ResetFailed(unit);
        throw new RuntimeException(ErrorKind.Internal, $"{what}: its job ended with `{result}`; `journalctl -u {unit}` may tell why");
    }

    /// <summary>Stops a scope, ending the processes in it, and waits until it is gone. One that isn't there is no error.</summary>
    public void StopScope(string unit)
    {
        string what = $"stop systemd scope `{unit}`";
        try
        {
            string result = RunJob(ManagerCall("StopUnit", "ss", writer =>
            {
                writer.WriteString(unit);
                writer.WriteString("replace");
            }), unit);
            ResetFailed(unit);
            if (result != "done" && PathOf(unit) is not null)
                throw new RuntimeException(ErrorKind.Internal, $"its job ended with `{result}`; `systemctl status {unit}` may tell why");
        }
        catch (DBusException e) when (e.ErrorName == DBusErrors.NoSuchUnit)
        {
            // Gone already: systemd forgets a scope when its last process ends.
        }
        catch (RuntimeException e)
        {
            throw Explained(what, e);
        }
    }

    /// <summary>Changes properties of a running unit, until it ends.</summary>
    public void SetProperties(string unit, IReadOnlyList<UnitProperty> properties)
    {
        if (properties.Count == 0)
            return;
        Explain($"set properties of systemd unit `{unit}`", () => Call(ManagerCall("SetUnitProperties", "sba(sv)", writer =>
        {
            writer.WriteString(unit);
            // Runtime only: nothing is written to /etc.
            writer.WriteBoolean(true);
            WriteProperties(writer, properties);
        })));
    }

    /// <summary>Moves a process into a running unit's cgroup.</summary>
    public void Attach(string unit, int pid) => Explain($"move process {pid} into systemd unit `{unit}`", () => Call(ManagerCall("AttachProcessesToUnit", "ssau", writer =>
    {
        writer.WriteString(unit);
        // The unit's cgroup itself, none below it.
        writer.WriteString("");
        DBusArray array = writer.BeginArray("u");
        writer.WriteUInt32((uint)pid);
        writer.EndArray(array);
    })));

    /// <summary>The cgroup of a running scope, below the root of the hierarchy, the manager's own included.</summary>
    /// <exception cref="RuntimeException">There is no such unit.</exception>
    public string ControlGroupOf(string unit) => Explain($"look up the cgroup of systemd unit `{unit}`", () =>
    {
        DBusMessage answer = Call(ManagerCall("GetUnit", "s", writer => writer.WriteString(unit)));
        return ReadProperty(answer.Read("o").ReadString(), ScopeInterface, "ControlGroup");
    });

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private static SystemdManager Connect(SystemdEndpoint endpoint, bool user)
    {
        DBusConnection connection = DBusConnection.Connect(endpoint.Address, endpoint.IsBus);
        try
        {
            return new SystemdManager(connection, endpoint.IsBus, user);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static DBusCall StartJob(string unit, IReadOnlyList<UnitProperty> properties) => ManagerCall("StartTransientUnit", "ssa(sv)a(sa(sv))", writer =>
    {
        writer.WriteString(unit);
        writer.WriteString("replace");
        WriteProperties(writer, properties);
        // Auxiliary units, which systemd has no use for yet.
        writer.EndArray(writer.BeginArray("(sa(sv))"));
    });

    private static DBusCall ManagerCall(string method, string signature, Action<DBusWriter> arguments) =>
        new(Name, Object, Interface, method) { Signature = signature, Arguments = arguments };

    private static void WriteProperties(DBusWriter writer, IReadOnlyList<UnitProperty> properties)
    {
        DBusArray array = writer.BeginArray("(sv)");
        foreach (UnitProperty property in properties)
            property.Write(writer);
        writer.EndArray(array);
    }

    /// <summary>Calls a method that answers with a job, and waits for the job's end.</summary>
    /// <returns>Its result: <c>done</c>, or what it came to.</returns>
    private string RunJob(DBusCall call, string unit)
    {
        Listen();
        string job = Call(call).Read("o").ReadString();
        // The end of a short job may be told before its beginning is.
        return ReadJobEnd(connection.WaitForSignal(signal => ReadJobEnd(signal).Job == job, $"the end of the job of `{unit}`")).Result;
    }

    // JobRemoved: number, path, unit, result.
    private static (string Job, string Result) ReadJobEnd(DBusMessage signal)
    {
        DBusReader reader = signal.Read("uoss");
        reader.ReadUInt32();
        string job = reader.ReadString();
        reader.ReadString();
        return (job, reader.ReadString());
    }

    private void Listen()
    {
        if (!listens)
        {
            connection.Listen(new DBusMatch(owner, Object, Interface, "JobRemoved"));
            Call(new DBusCall(Name, Object, Interface, "Subscribe"));
            listens = true;
        }
        connection.ForgetSignals();
    }

    private void ResetFailed(string unit)
    {
        try
        {
            Call(ManagerCall("ResetFailedUnit", "s", writer => writer.WriteString(unit)));
        }
        catch (DBusException)
        {
            // best effort: a unit that is gone, as it should be, is no such unit.
        }
    }

    private string? PathOf(string unit)
    {
        try
        {
            return Call(ManagerCall("GetUnit", "s", writer => writer.WriteString(unit))).Read("o").ReadString();
        }
        catch (DBusException e) when (e.ErrorName == DBusErrors.NoSuchUnit)
        {
            return null;
        }
    }

    private string ManagerProperty(string property) => Explain($"ask systemd for its {property}", () => ReadProperty(Object, Interface, property));

    private string ReadProperty(string path, string @interface, string property)
    {
        DBusMessage answer = Call(new DBusCall(Name, path, PropertiesInterface, "Get")
        {
            Signature = "ss",
            Arguments = writer =>
            {
                writer.WriteString(@interface);
                writer.WriteString(property);
            },
        });
        DBusReader reader = answer.Read("v");
        reader.BeginVariant("s");
        return reader.ReadString();
    }

    private DBusMessage Call(DBusCall call) => connection.Call(call);

    private T Explain<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (RuntimeException e)
        {
            throw Explained(what, e);
        }
    }

    private RuntimeException Explained(string what, RuntimeException error)
    {
        string advice = error switch
        {
            DBusException { ErrorName: DBusErrors.UnitExists } => "; a container of this name runs, or another program has made the unit",
            DBusException { ErrorName: DBusErrors.ServiceUnknown or DBusErrors.NameHasNoOwner } => $"; {NoSystemd}",
            DBusException { Kind: ErrorKind.PermissionDenied } when !user => $"; {OnlyRoot}",
            _ => "",
        };
        return new RuntimeException(error.Kind, $"{what}: {error.Message}{advice}", error);
    }
}
