using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Security.Seccomp;

/// <summary>Hands a filter's notification descriptor to the listener of <c>linux.seccomp.listenerPath</c>, with the container process state beside it.</summary>
internal static class SeccompListener
{
    /// <summary>Takes the descriptor out of the process that loaded the filter (pidfd_getfd, Linux 5.6) and sends
    /// it.</summary>
    /// <param name="seccomp">The filter, with the path of its listener.</param>
    /// <param name="state">The container; its pid is that of its first process.</param>
    /// <param name="pid">The process that loaded the filter: the first one, or one of exec.</param>
    /// <param name="descriptor">The number of the listener's descriptor in that process.</param>
    public static void Pass(LinuxSeccomp seccomp, State state, int pid, int descriptor)
    {
        if (string.IsNullOrEmpty(seccomp.ListenerPath))
            throw new RuntimeException(ErrorKind.InvalidSpec, "linux.seccomp.listenerPath: missing, and an action is SCMP_ACT_NOTIFY");
        using ProcessHandle process = ProcessHandle.Open(pid) ?? throw new RuntimeException(ErrorKind.Internal, "the container's process ended at its start");
        if (process.Descriptor is not { } handle)
            throw new RuntimeException(ErrorKind.Unsupported, "linux.seccomp.listenerPath: this kernel has no pidfds");
        using FileDescriptor listener = new((int)Check.Ok(Kernel.Call(SYS.pidfd_getfd, handle.Number, descriptor, 0), "take seccomp listener of", $"process {pid}"));
        using FileDescriptor socket = UnixSockets.Connect(seccomp.ListenerPath);
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented: false, (seccomp, state, pid), static (json, x) =>
        {
            json.Always("ociVersion", x.state.OciVersion);
            json.List("fds", ["seccompFd"]);
            json.Always("pid", (long)x.pid);
            json.Member("metadata", x.seccomp.ListenerMetadata);
            json.Object("state", x.state, static (inner, s) =>
            {
                inner.Always("ociVersion", s.OciVersion);
                inner.Always("id", s.Id);
                inner.Always("status", s.Status);
                inner.Always("pid", (long)s.Pid);
                inner.Always("bundle", s.Bundle);
                inner.Map("annotations", s.Annotations);
            });
        });
        UnixSockets.Send(socket, Encoding.UTF8.GetBytes(text.ToString()), [listener.Number]);
    }
}
