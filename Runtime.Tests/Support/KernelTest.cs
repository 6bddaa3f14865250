using System.Text.Json;
using NUnit.Framework;

namespace Vessel.Tests.Support;

/// <summary>A test that makes real containers with the runtime under test.</summary>
[TestFixture, Category("Root")]
public abstract class KernelTest
{
    private Sandbox? box;

    /// <summary>What the test has for itself.</summary>
    private protected Sandbox Box => box ?? throw new InvalidOperationException("not set up");

    [SetUp]
    public void PrepareSandbox()
    {
        Require.Root();
        Require.Path(RuntimeUnderTest.Path, "build the runtime first");
        box = new Sandbox();
    }

    [TearDown]
    public void LeaveNothing() => box?.Close();

    /// <summary>A bundle to be changed.</summary>
    private protected TestBundle Bundle() => Box.NewBundle();

    /// <summary>A bundle that runs a script.</summary>
    private protected TestBundle Shell(string script) => Bundle().WithShell(script);

    /// <summary>A bundle that does nothing for a long time, and ends at once at SIGTERM.</summary>
    private protected TestBundle Sleeper() => Shell("trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait $!; done");

    /// <summary>Calls the runtime and waits.</summary>
    private protected Outcome Call(params string[] arguments) => Box.Call(arguments);

    /// <summary>Runs a bundle in the foreground.</summary>
    private protected Outcome Run(TestBundle bundle, params string[] options) => Begin(bundle, options).Wait();

    /// <summary>Begins to run a bundle in the foreground.</summary>
    private protected RunningProgram Begin(TestBundle bundle, params string[] options) =>
        Box.Command(["run", .. options, "-b", bundle.Save().Folder, bundle.Id]).Start();

    /// <summary>Runs a script in a container that is as usual but for <paramref name="change"/>; it must succeed.</summary>
    private protected Outcome RunShell(string script, Action<TestBundle>? change = null)
    {
        TestBundle bundle = Shell(script);
        change?.Invoke(bundle);
        return Run(bundle).Succeeded();
    }

    /// <summary>Creates a container.</summary>
    private protected Outcome Create(TestBundle bundle, params string[] options) => Call(["create", .. options, "-b", bundle.Save().Folder, bundle.Id]);

    /// <summary>Creates and starts a container; its process's number.</summary>
    private protected int Start(TestBundle bundle)
    {
        Create(bundle).Succeeded();
        Call("start", bundle.Id).Succeeded();
        return Pid(bundle.Id);
    }

    /// <summary>Runs a program in a container that runs.</summary>
    private protected Outcome Exec(string id, params string[] arguments) => Call(["exec", id, .. arguments]);

    /// <summary>Deletes a container.</summary>
    private protected void Delete(string id) => Call("delete", "-f", id).Succeeded();

    /// <summary>The state document.</summary>
    private protected JsonElement State(string id)
    {
        using JsonDocument document = JsonDocument.Parse(Call("state", id).Succeeded().Output);
        return document.RootElement.Clone();
    }

    private protected string Status(string id) => State(id).GetProperty("status").GetString()!;

    private protected int Pid(string id) => State(id).GetProperty("pid").GetInt32();

    /// <summary>A file of a container's cgroup.</summary>
    private protected static string CgroupFile(TestBundle bundle, string controller, string file) =>
        File.ReadAllText($"{Host.CgroupFolder(controller, "/" + bundle.Id)}/{file}").Trim();

    /// <summary>Asserts that a bundle's container left nothing: no state, cgroup, mount or process.</summary>
    private protected void AssertNothingLeft()
    {
        IReadOnlyList<string> left = [];
        Host.Eventually(() => (left = Box.Left()).Count == 0, 2000);
        Assert.That(left, Is.Empty);
    }
}
