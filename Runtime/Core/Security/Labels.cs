using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
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

/// <summary>Opens the file that takes the label of the next execve, through the host's procfs, before the container's tree is there.</summary>
public sealed record OpenLabel(bool IsApparmor) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "open the label of the next execve";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot label = child.NewSlot();
        program.Label = label;
        Label done = child.NewLabel(), shared = child.NewLabel();
        if (IsApparmor)
            child.Call(SYS.openat, AT_FDCWD, child.Text("/proc/thread-self/attr/apparmor/exec"), O_WRONLY | O_CLOEXEC).Into(label).On(Errno.ENOENT, shared).Then(done);
        child.Mark(shared);
        child.Call(SYS.openat, AT_FDCWD, child.Text("/proc/thread-self/attr/exec"), O_WRONLY | O_CLOEXEC).Into(label);
        child.Mark(done);
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
        program.Child.Call(SYS.write, program.Label!.Value, program.Child.Text(Text), System.Text.Encoding.UTF8.GetByteCount(Text));
}
