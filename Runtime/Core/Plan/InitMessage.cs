namespace Vessel.Core.Plan;

/// <summary>
/// What the child asks over the sync channel, a pair of SOCK_SEQPACKET sockets. Strictly one question, one answer; an end of file, either way,
/// means that the other side is gone: the child then exits, the parent reports.
/// </summary>
/// <remarks>
/// <code>
///   parent                                     child (the walker, in its new namespaces)
///   clone3 ─────────────────────────────────▶  born; dies when the parent does (PR_SET_PDEATHSIG)
///   makes cgroups, writes limits               mounts, devices, masks …, at the same time
///   writes uid_map, gid_map   ◀── MapIds ───   (user namespace only)
///   remembers the pid         ◀── Forked ───   (user namespace or joined pid namespace only) the real init's pid
///   resolves, makes a target  ◀─ ResolveTarget (only where a target isn't there, or the kernel has no openat2): descriptor of the root
///        ── descriptor of the target ───────▶
///   resolves, makes nothing   ◀─ ResolveExisting  (kernels without openat2; a path of the host's that the child may not pass) descriptor of the root
///   makes device nodes        ◀─ MakeDevices   (linux.devices in a user namespace, where mknod is refused)
///        ── a tmpfs that holds them ────────▶
///   copies files              ◀── CopyUp ────  (tmpcopyup only) descriptors of the folder and of the new tmpfs
///   opens the cgroups' files  ◀─ JoinCgroups   when it needs its own cgroups
///        ── descriptors of their tasks files ▶  writes 0 to each: a thread that moves itself takes no global lock
///   runs hooks                ◀── CreateHooks  mounts are there, the root is not yet the root: descriptor of it
///   keeps or passes it on     ◀── Terminal ──  descriptor of the pty's master
///   hands it to the listener  ◀─ SeccompListener  (number of the descriptor)
///   looks for a proc or sysfs  ◀─ NextHostProc  (--no-pivot only) descriptors of its mountinfo, of the new root
///        ── what to do with which path ─────▶  unmounts it, asks for the next
///   gives the streams away    ◀─ GiveStdio ──  (user namespace only) the program's user is to own its standard streams
///   writes the state          ◀── Created ───  only execve is left; with create, the child then waits on its start socket
///   end of file: execve done, or
///   raises it as its own error ◀── Failed ───  number of the instruction, errno
/// </code>
/// A message is 16 bytes: kind, argument, value (4, 4, 8). An answer is 16 bytes that are not looked at, with descriptors where the table says so,
/// or a text.
/// </remarks>
public enum InitMessage : uint
{
    Failed = 1,
    MapIds = 2,
    Forked = 3,
    ResolveTarget = 4,
    CopyUp = 5,
    JoinCgroups = 6,
    CreateHooks = 7,
    Terminal = 8,
    SeccompListener = 9,
    Created = 10,
    ResolveExisting = 11,
    GiveStdio = 12,
    NextHostProc = 13,
    MakeDevices = 14,
}
