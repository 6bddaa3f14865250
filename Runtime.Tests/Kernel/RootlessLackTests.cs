using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>What an ordinary user is told on a machine that lacks something; the machine lacks it meanwhile, for all.</summary>
[Category("Vm"), Category("Host"), NonParallelizable]
public sealed class RootlessLackTests : RootlessTest
{
    private protected override OrdinaryUser User => OrdinaryUser.Tester;

    [Test]
    public void WithoutTheProgram_SaysWhatToInstall()
    {
        Require.That(File.Exists("/usr/bin/newuidmap"), "needs uidmap");
        File.Move("/usr/bin/newuidmap", "/usr/bin/newuidmap.away");
        try
        {
            Run(Ranged(Shell("true"))).FailedInOneLine("newuidmap", "not installed", "apt-get install uidmap");
        }
        finally
        {
            File.Move("/usr/bin/newuidmap.away", "/usr/bin/newuidmap");
        }
    }

    [Test]
    public void WithoutUserNamespaces_SaysWhatAllowsThem()
    {
        const string Sysctl = "/proc/sys/user/max_user_namespaces";
        string before = File.ReadAllText(Sysctl);
        File.WriteAllText(Sysctl, "0");
        try
        {
            Run(Mine(Shell("true"))).FailedInOneLine("CLONE_NEWUSER", "user.max_user_namespaces");
        }
        finally
        {
            File.WriteAllText(Sysctl, before);
        }
        const string Debian = "/proc/sys/kernel/unprivileged_userns_clone";
        if (!File.Exists(Debian))
            return;
        before = File.ReadAllText(Debian);
        File.WriteAllText(Debian, "0");
        try
        {
            Run(Mine(Shell("true"))).FailedInOneLine("CLONE_NEWUSER", "kernel.unprivileged_userns_clone=1");
        }
        finally
        {
            File.WriteAllText(Debian, before);
        }
    }
}
