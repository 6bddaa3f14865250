using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Security;

/// <summary>The security modules that label processes.</summary>
public static class Labels
{
    /// <summary>Whether AppArmor decides on this host.</summary>
    public static bool HasApparmor => Native.Safe.Files.TryReadText(null, "/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true;

    /// <summary>Whether SELinux decides on this host.</summary>
    public static bool HasSelinux => File.Exists("/sys/fs/selinux/enforce");
}

/// <summary>Keeps the host's procfs for <see cref="OpenLabel"/>, where a container's own is there before the process that is to be labelled.</summary>
public sealed record KeepHostProc : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "keep the host's /proc";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) =>
        program.HostProc = program.Child.CallInto(SYS.openat, AT_FDCWD, program.Child.Text("/proc"), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/// <summary>Opens the file that takes the label of the next execve, through the host's procfs: it is the calling process's, which a fork does not inherit.</summary>
public sealed record OpenLabel(bool IsApparmor) : PlanStep
{
    /// <summary>The step of a process that is labelled; null for one that is not.</summary>
    public static OpenLabel? Of(SpecProcess process) =>
        !string.IsNullOrEmpty(process.ApparmorProfile) ? new OpenLabel(true) : !string.IsNullOrEmpty(process.SelinuxLabel) ? new OpenLabel(false) : null;

    /// <inheritdoc/>
    public override string Describe() => "open the label of the next execve";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot label = child.NewSlot();
        program.Label = label;
        Label done = child.NewLabel(), shared = child.NewLabel();
        Operand folder = program.HostProc is { } kept ? kept : AT_FDCWD;
        string proc = program.HostProc is null ? "/proc/" : "";
        if (IsApparmor)
            child.Call(SYS.openat, folder, child.Text(proc + "thread-self/attr/apparmor/exec"), O_WRONLY | O_CLOEXEC).Into(label).On(Errno.ENOENT, shared).Then(done);
        child.Mark(shared);
        child.Call(SYS.openat, folder, child.Text(proc + "thread-self/attr/exec"), O_WRONLY | O_CLOEXEC).Into(label);
        child.Mark(done);
        if (program.HostProc is { } used)
            child.Call(SYS.close, used);
        program.HostProc = null;
        child.Set(Slot.None, 0);
    }
}

/// <summary>Sets the label of the program that is executed next.</summary>
/// <param name="Text">The label, as the kernel reads it.</param>
/// <param name="Property">The property of config.json that names it.</param>
public sealed record SetLabel(string Text, string Property) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"{Property}: set label {Text}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) =>
        base.DescribeFailure(errno) + (errno == Errno.ENOENT ? " (this profile isn't loaded: apparmor_parser -r FILE loads one)" : "");

    /// <inheritdoc/>
    public override void Emit(InitProgram program) =>
        program.Child.Call(SYS.write, program.Label!.Value, program.Child.Text(Text), Native.Safe.ByteText.Encode(Text).Length);
}
