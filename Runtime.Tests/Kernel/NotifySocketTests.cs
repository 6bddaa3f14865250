using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>A service manager's NOTIFY_SOCKET: the program in the container reports READY=1, and the manager is told;
/// nothing else passes.</summary>
[Category("Compiled")]
public sealed class NotifySocketTests : KernelTest
{
    // sd_notify(3), without systemd's library.
    private const string Source = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        int main(int argc, char **argv)
        {
            struct sockaddr_un to = { .sun_family = AF_UNIX };
            const char *path = getenv("NOTIFY_SOCKET");
            if (!path || argc < 2) return 3;
            strncpy(to.sun_path, path, sizeof to.sun_path - 1);
            int s = socket(AF_UNIX, SOCK_DGRAM, 0);
            if (sendto(s, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&to, sizeof to) < 0) { perror(path); return 1; }
            return 0;
        }
        """;

    private FileDescriptor? manager;

    private string ManagerPath => Box.Folder + "/manager";

    [TearDown]
    public void CloseManager() => manager?.Dispose();

    private TestBundle Service(string script)
    {
        string program = Box.Folder + "/notify";
        if (!File.Exists(program))
            CCompiler.Compile(Source, program);
        TestBundle bundle = Shell(script).WithOwnRootfs();
        Fixtures.CopyProgram(program, bundle.Rootfs + "/etc/notify");
        manager ??= UnixSockets.Bind(ManagerPath, Socket.SOCK_DGRAM);
        return bundle;
    }

    private Launch WithManager(params string[] arguments)
    {
        Launch launch = Box.Command(arguments);
        launch.Environment.Add("NOTIFY_SOCKET=" + ManagerPath);
        return launch;
    }

    private string Message()
    {
        Assert.That(Polling.WaitReadable(manager!, 15_000), "the manager was told nothing");
        byte[] buffer = new byte[4096];
        int length = UnixSockets.Receive(manager!, buffer, out _, out _);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }

    private const string Ready = "/etc/notify 'STATUS=almost' && /etc/notify 'MAINPID=1\nREADY=1\nBUSERROR=x'; while :; do sleep 0.1; done";

    [Test]
    public void Run_PassesReadyOn_WithItsOwnPid()
    {
        TestBundle bundle = Service(Ready);
        using RunningProgram run = WithManager("run", "-b", bundle.Save().Folder, bundle.Id).Start();
        Assert.That(Message(), Is.EqualTo($"READY=1\nMAINPID={run.Pid}"));
        Assert.That(Polling.WaitReadable(manager!, 0), Is.False, "something else was passed on");
        Delete(bundle.Id);
        run.Wait();
    }

    [Test]
    [TestCase(false)]
    [TestCase(true)]
    public void RunDetached_ReturnsWhenTheProgramIsReady(bool inUserNamespace)
    {
        TestBundle bundle = Service(Ready).WithUser(1000, 1000);
        if (inUserNamespace)
            bundle.WithUserNamespace();
        WithManager("run", "-d", "-b", bundle.Save().Folder, bundle.Id).Start().Wait().Succeeded();
        Assert.That(Polling.WaitReadable(manager!, 0), "run ended before the program was ready");
        Assert.That(Message(), Is.EqualTo($"READY=1\nMAINPID={Pid(bundle.Id)}"));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test]
    public void Start_ReturnsWhenTheProgramIsReady()
    {
        TestBundle bundle = Service(Ready);
        WithManager("create", "-b", bundle.Save().Folder, bundle.Id).Start().Wait().Succeeded();
        Assert.That(Polling.WaitReadable(manager!, 0), Is.False);
        WithManager("start", bundle.Id).Start().Wait().Succeeded();
        Assert.That(Polling.WaitReadable(manager!, 0), "start ended before the program was ready");
        Assert.That(Message(), Is.EqualTo($"READY=1\nMAINPID={Pid(bundle.Id)}"));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test]
    public void AProgramThatEnds_IsNotWaitedFor()
    {
        TestBundle bundle = Service("/etc/notify STOPPING=1");
        WithManager("run", "-d", "-b", bundle.Save().Folder, bundle.Id).Start().Wait().Succeeded();
        Assert.That(Polling.WaitReadable(manager!, 0), Is.False);
        Delete(bundle.Id);
    }

    [Test]
    public void WithoutAManager_TheContainerHasNoSocket()
    {
        TestBundle bundle = Service("/etc/notify READY=1");
        Assert.That(Run(bundle).ExitCode, Is.EqualTo(3));
        AssertNothingLeft();
    }

    [Test]
    public void WhatAPrivilegedProgramLeavesInTheFolder_IsRemovedWithTheContainer()
    {
        manager ??= UnixSockets.Bind(ManagerPath, Socket.SOCK_DGRAM);
        TestBundle bundle = Shell("mount -o remount,rw,bind /run/notify && mkdir -p /run/notify/left/below && touch /run/notify/left/below/file").WithOwnRootfs()
            .WithMoreCapabilities("CAP_SYS_ADMIN").Save();
        Launch launch = Box.Command("run", "-b", bundle.Folder, bundle.Id);
        launch.Environment.Add("NOTIFY_SOCKET=" + ManagerPath);
        launch.Start().Wait().Succeeded();
        AssertNothingLeft();
    }
}
