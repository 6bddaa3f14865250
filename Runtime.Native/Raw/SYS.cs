using System.Runtime.Intrinsics.Arm;

namespace Vessel.Native.Raw;

/// <summary>System call numbers of the machine that runs us: x86-64 (<c>unistd_64.h</c>) or arm64 (<c>asm-generic/unistd.h</c>).</summary>
/// <remarks>The choice is a constant to the compiler: <c>ArmBase.Arm64.IsSupported</c> is decided when the code is generated.</remarks>
public static class SYS
{
    private static bool Arm => ArmBase.Arm64.IsSupported;

    public static int read => Arm ? 63 : 0;
    public static int write => Arm ? 64 : 1;
    public static int close => Arm ? 57 : 3;
    public static int fstat => Arm ? 80 : 5;
    public static int lseek => Arm ? 62 : 8;
    public static int mmap => Arm ? 222 : 9;
    public static int mprotect => Arm ? 226 : 10;
    public static int munmap => Arm ? 215 : 11;
    public static int rt_sigaction => Arm ? 134 : 13;
    public static int rt_sigprocmask => Arm ? 135 : 14;
    public static int ioctl => Arm ? 29 : 16;
    public static int pread64 => Arm ? 67 : 17;
    public static int pwrite64 => Arm ? 68 : 18;
    public static int getpid => Arm ? 172 : 39;
    public static int socket => Arm ? 198 : 41;
    public static int connect => Arm ? 203 : 42;
    public static int sendmsg => Arm ? 211 : 46;
    public static int recvmsg => Arm ? 212 : 47;
    public static int bind => Arm ? 200 : 49;
    public static int listen => Arm ? 201 : 50;
    public static int socketpair => Arm ? 199 : 53;
    public static int clone => Arm ? 220 : 56;
    public static int execve => Arm ? 221 : 59;
    public static int kill => Arm ? 129 : 62;
    public static int uname => Arm ? 160 : 63;
    public static int fcntl => Arm ? 25 : 72;
    public static int flock => Arm ? 32 : 73;
    public static int fsync => Arm ? 82 : 74;
    public static int fdatasync => Arm ? 83 : 75;
    public static int syncfs => Arm ? 267 : 306;
    public static int ftruncate => Arm ? 46 : 77;
    public static int chdir => Arm ? 49 : 80;
    public static int fchdir => Arm ? 50 : 81;
    public static int fchmod => Arm ? 52 : 91;
    public static int fchown => Arm ? 55 : 93;
    public static int umask => Arm ? 166 : 95;
    public static int getuid => Arm ? 174 : 102;
    public static int getgid => Arm ? 176 : 104;
    public static int geteuid => Arm ? 175 : 107;
    public static int getegid => Arm ? 177 : 108;
    public static int setsid => Arm ? 157 : 112;
    public static int setpgid => Arm ? 154 : 109;
    public static int setgroups => Arm ? 159 : 116;
    public static int setresuid => Arm ? 147 : 117;
    public static int setresgid => Arm ? 149 : 119;
    public static int capget => Arm ? 90 : 125;
    public static int capset => Arm ? 91 : 126;
    public static int personality => Arm ? 92 : 135;
    public static int statfs => Arm ? 43 : 137;
    public static int fstatfs => Arm ? 44 : 138;
    public static int sched_setparam => Arm ? 118 : 142;
    public static int pivot_root => Arm ? 41 : 155;
    public static int prctl => Arm ? 167 : 157;
    public static int chroot => Arm ? 51 : 161;
    public static int mount => Arm ? 40 : 165;
    public static int umount2 => Arm ? 39 : 166;
    public static int sethostname => Arm ? 161 : 170;
    public static int setdomainname => Arm ? 162 : 171;
    public static int gettid => Arm ? 178 : 186;
    public static int lsetxattr => Arm ? 6 : 189;
    public static int fsetxattr => Arm ? 7 : 190;
    public static int lgetxattr => Arm ? 9 : 192;
    public static int llistxattr => Arm ? 12 : 195;
    public static int fremovexattr => Arm ? 16 : 199;
    public static int sched_setaffinity => Arm ? 122 : 203;
    public static int sched_getaffinity => Arm ? 123 : 204;
    public static int getdents64 => Arm ? 61 : 217;
    public static int exit_group => Arm ? 94 : 231;
    public static int set_mempolicy => Arm ? 237 : 238;
    public static int waitid => Arm ? 95 : 247;
    public static int ioprio_set => Arm ? 30 : 251;
    public static int add_key => Arm ? 217 : 248;
    public static int keyctl => Arm ? 219 : 250;
    public static int openat => Arm ? 56 : 257;
    public static int mkdirat => Arm ? 34 : 258;
    public static int mknodat => Arm ? 33 : 259;
    public static int fchownat => Arm ? 54 : 260;
    public static int newfstatat => Arm ? 79 : 262;
    public static int unlinkat => Arm ? 35 : 263;
    public static int renameat2 => Arm ? 276 : 316;
    public static int linkat => Arm ? 37 : 265;
    public static int symlinkat => Arm ? 36 : 266;
    public static int readlinkat => Arm ? 78 : 267;
    public static int fchmodat => Arm ? 53 : 268;
    public static int faccessat => Arm ? 48 : 269;
    public static int ppoll => Arm ? 73 : 271;
    public static int unshare => Arm ? 97 : 272;
    public static int utimensat => Arm ? 88 : 280;
    public static int signalfd4 => Arm ? 74 : 289;
    public static int accept4 => Arm ? 242 : 288;
    public static int eventfd2 => Arm ? 19 : 290;
    public static int dup3 => Arm ? 24 : 292;
    public static int pipe2 => Arm ? 59 : 293;
    public static int prlimit64 => Arm ? 261 : 302;
    public static int setns => Arm ? 268 : 308;
    public static int sched_setattr => Arm ? 274 : 314;
    public static int seccomp => Arm ? 277 : 317;
    public static int memfd_create => Arm ? 279 : 319;
    public static int inotify_init1 => Arm ? 26 : 294;
    public static int inotify_add_watch => Arm ? 27 : 254;
    public static int bpf => Arm ? 280 : 321;
    public static int execveat => Arm ? 281 : 322;
    public static int statx => Arm ? 291 : 332;

    // From 424 on, all architectures share their numbers.
    public static int pidfd_send_signal => 424;
    public static int open_tree => 428;
    public static int move_mount => 429;
    public static int fsopen => 430;
    public static int fsconfig => 431;
    public static int fsmount => 432;
    public static int pidfd_open => 434;
    public static int clone3 => 435;
    public static int close_range => 436;
    public static int openat2 => 437;
    public static int pidfd_getfd => 438;
    public static int faccessat2 => 439;
    public static int mount_setattr => 442;

    /// <summary>The call's name, for messages; its number where it has none here.</summary>
    public static string NameOf(int number)
    {
        foreach (var (name, value) in Names())
            if (value == number)
                return name;
        return $"syscall {number}";
    }

    private static (string, int)[] Names() =>
    [
        (nameof(read), read), (nameof(write), write), (nameof(close), close), (nameof(fstat), fstat), (nameof(rt_sigaction), rt_sigaction),
        (nameof(rt_sigprocmask), rt_sigprocmask), (nameof(ioctl), ioctl), (nameof(socket), socket), (nameof(connect), connect),
        (nameof(sendmsg), sendmsg), (nameof(recvmsg), recvmsg), (nameof(bind), bind), (nameof(listen), listen), (nameof(clone), clone),
        (nameof(execve), execve), (nameof(fcntl), fcntl), (nameof(chdir), chdir), (nameof(fchdir), fchdir), (nameof(fchmod), fchmod),
        (nameof(fchown), fchown), (nameof(umask), umask), (nameof(setsid), setsid), (nameof(setpgid), setpgid), (nameof(setgroups), setgroups),
        (nameof(setresuid), setresuid), (nameof(setresgid), setresgid), (nameof(capset), capset), (nameof(personality), personality),
        (nameof(fstatfs), fstatfs), (nameof(pivot_root), pivot_root), (nameof(prctl), prctl), (nameof(chroot), chroot),
        (nameof(mount), mount), (nameof(umount2), umount2), (nameof(sethostname), sethostname), (nameof(setdomainname), setdomainname),
        (nameof(sched_setaffinity), sched_setaffinity), (nameof(exit_group), exit_group), (nameof(set_mempolicy), set_mempolicy),
        (nameof(ioprio_set), ioprio_set), (nameof(keyctl), keyctl), (nameof(openat), openat), (nameof(mkdirat), mkdirat),
        (nameof(mknodat), mknodat), (nameof(fchownat), fchownat), (nameof(newfstatat), newfstatat), (nameof(unlinkat), unlinkat),
        (nameof(symlinkat), symlinkat), (nameof(fsync), fsync), (nameof(fdatasync), fdatasync), (nameof(ftruncate), ftruncate), (nameof(syncfs), syncfs), (nameof(fchmodat), fchmodat), (nameof(faccessat), faccessat), (nameof(unshare), unshare),
        (nameof(accept4), accept4), (nameof(dup3), dup3), (nameof(prlimit64), prlimit64), (nameof(setns), setns),
        (nameof(sched_setattr), sched_setattr), (nameof(seccomp), seccomp), (nameof(execveat), execveat), (nameof(statx), statx),
        (nameof(open_tree), open_tree), (nameof(move_mount), move_mount), (nameof(fsopen), fsopen), (nameof(fsconfig), fsconfig),
        (nameof(fsmount), fsmount), (nameof(clone3), clone3), (nameof(close_range), close_range), (nameof(openat2), openat2),
        (nameof(faccessat2), faccessat2), (nameof(mount_setattr), mount_setattr), (nameof(getdents64), getdents64), (nameof(kill), kill),
    ];
}
