namespace Vessel.Core.Security.Seccomp;

/// <summary>
/// The two i386 calls through which older programs reach sockets and System V IPC: <c>socketcall</c> and <c>ipc</c>, whose first argument
/// says which call is meant (socketcall(2), ipc(2); linux/net.h, linux/ipc.h).
/// </summary>
internal static class SyscallMultiplexer
{
    public const uint Socketcall = 102;
    public const uint Ipc = 117;

    /// <summary>The multiplexer of a call and its selector there; false for a call that has none.</summary>
    public static bool TryGet(string name, out uint multiplexer, out uint selector)
    {
        selector = name switch
        {
            "socket" => 1,
            "bind" => 2,
            "connect" => 3,
            "listen" => 4,
            "accept" => 5,
            "getsockname" => 6,
            "getpeername" => 7,
            "socketpair" => 8,
            "send" => 9,
            "recv" => 10,
            "sendto" => 11,
            "recvfrom" => 12,
            "shutdown" => 13,
            "setsockopt" => 14,
            "getsockopt" => 15,
            "sendmsg" => 16,
            "recvmsg" => 17,
            "accept4" => 18,
            "recvmmsg" => 19,
            "sendmmsg" => 20,
            _ => 0,
        };
        multiplexer = Socketcall;
        if (selector != 0)
            return true;
        multiplexer = Ipc;
        selector = name switch
        {
            "semop" => 1,
            "semget" => 2,
            "semctl" => 3,
            "semtimedop" => 4,
            "msgsnd" => 11,
            "msgrcv" => 12,
            "msgget" => 13,
            "msgctl" => 14,
            "shmat" => 21,
            "shmdt" => 22,
            "shmget" => 23,
            "shmctl" => 24,
            _ => 0,
        };
        return selector != 0;
    }
}
