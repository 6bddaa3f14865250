using NUnit.Framework;

namespace Vessel.Tests.Support;

/// <summary>A test whose containers are an ordinary user's.</summary>
public abstract class RootlessTest : KernelTest
{
    /// <summary>Who it is.</summary>
    private protected virtual OrdinaryUser User => OrdinaryUser.Nameless;

    [SetUp]
    public void BecomeOrdinary() => Box.ActAs(User);

    /// <summary>A bundle that such a user can run.</summary>
    private protected TestBundle Mine(TestBundle bundle) => bundle.ForUser(User);

    /// <summary>Runs a script in such a container; it must succeed.</summary>
    private protected Outcome RunMine(string script, Action<TestBundle>? change = null) => RunShell(script, bundle =>
    {
        bundle.ForUser(User);
        change?.Invoke(bundle);
    });

    /// <summary>A call of the runtime without <c>--root</c>, in another environment.</summary>
    private protected Outcome CallIn(string[] environment, params string[] arguments)
    {
        Launch launch = new(OrdinaryUser.Runtime, arguments) { User = User };
        launch.Environment.AddRange(environment);
        return launch.Start().Wait();
    }

    /// <summary>As <see cref="Mine"/>, with the range that root has given.</summary>
    private protected TestBundle Ranged(TestBundle bundle) => Mine(bundle).WithRanges(User);
}
