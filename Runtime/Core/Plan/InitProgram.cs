using Vessel.Core.Namespaces;
using Vessel.Core.Rootfs;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Plan;

/// <summary>The child's program while the steps of a plan write it: the instructions, the places that steps share, and the questions to the parent.</summary>
public sealed class InitProgram
{
    /// <summary>Bytes of a message and of an answer.</summary>
    public const int MessageSize = 16;

    /// <summary>Bytes of an answer that is a path: PATH_MAX, and what to do with it.</summary>
    public const int TextSize = 4104;

    private readonly Label quit;
    private readonly Slot stepText;
    private readonly Slot stepLength;
    private readonly Dictionary<string, Slot> openFolders = new(StringComparer.Ordinal);

    /// <summary>Begins a program.</summary>
    /// <param name="features">What the kernel has: the steps write the fallbacks where it lacks something.</param>
    /// <param name="syncDescriptor">The number of the child's end of the sync channel.</param>
    /// <param name="pathDescriptor">A number that the child may give to any descriptor, to have a path for it that is known before.</param>
    public InitProgram(KernelFeatures features, int syncDescriptor, int pathDescriptor)
    {
        Features = features;
        SyncDescriptor = syncDescriptor;
        PathDescriptor = pathDescriptor;
        Report = Child.NewSlot();
        Root = Child.NewSlot();
        stepText = Child.NewSlot();
        stepLength = Child.NewSlot();
        quit = Child.NewLabel();
        Child.SetFailure(WriteFailurePart());
    }

    /// <summary>The instructions.</summary>
    public ChildProgram Child { get; } = new();

    /// <summary>What the kernel has.</summary>
    public KernelFeatures Features { get; }

    /// <summary>The number of the child's end of the sync channel.</summary>
    public int SyncDescriptor { get; }

    /// <summary>The number that a descriptor gets for a call that takes paths only: <c>/proc/self/fd/N</c>.</summary>
    public int PathDescriptor { get; }

    /// <summary>Holds the descriptor that failures are told to: the sync channel, later the connection of <c>start</c>.</summary>
    public Slot Report { get; }

    /// <summary>Holds the descriptor of the container's root.</summary>
    public Slot Root { get; }

    /// <summary>Holds the descriptor of the directory that the container's root covers; null where nobody asks for it.</summary>
    public Slot? CoveredRoot { get; set; }

    /// <summary>Holds the descriptor of each mount that this program made and nothing has covered yet, by its destination.</summary>
    public Dictionary<string, Slot> FreshMounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Holds the descriptor of the proc that this program mounted on <c>/proc</c>; null without one.</summary>
    public Slot? Proc { get; set; }

    /// <summary>Holds the descriptor of the devpts that this program mounted on <c>/dev/pts</c>; null without one.</summary>
    public Slot? Pts { get; set; }

    /// <summary>Holds the descriptor of the working directory, or 0 where root may not reach it.</summary>
    public Slot? Cwd { get; set; }

    /// <summary>Holds 1 once the child stands in the working directory.</summary>
    public Slot? IsInCwd { get; set; }

    /// <summary>Holds the descriptor of the host's procfs; null where <c>/proc</c> still leads to it.</summary>
    public Slot? HostProc { get; set; }

    /// <summary>Holds the descriptor that takes the security label of the next execve.</summary>
    public Slot? Label { get; set; }

    /// <summary>Holds the path of the program to execute, once it is found.</summary>
    public Slot? Executable { get; set; }

    /// <summary>Holds 1 for each namespace that the caller's rights did not let the child join, and 0 for the others.</summary>
    public Dictionary<NamespaceKind, Slot> RefusedJoins { get; } = [];

    /// <summary>Paths that the child may ask the parent about by their number.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>The descriptor of a folder that several steps put something into: a fresh mount's, or one that is resolved once.</summary>
    public Slot OpenFolder(MountTarget folder)
    {
        if (FreshMounts.TryGetValue(folder.Path, out Slot mount) || openFolders.TryGetValue(folder.Path, out mount))
            return mount;
        return openFolders[folder.Path] = folder.Resolve(this);
    }

    /// <summary>Adds to <see cref="Paths"/>.</summary>
    public uint AddPath(string path)
    {
        Paths.Add(path);
        return (uint)Paths.Count - 1;
    }

    /// <summary>Writes the instructions of <paramref name="steps"/>.</summary>
    public void Emit(IEnumerable<PlanStep> steps)
    {
        foreach (PlanStep step in steps)
        {
            Child.Begin(step);
            if (IsDetached)
                Announce(step.Describe());
            step.Emit(this);
        }
    }

    /// <summary>From here on failures are told to <c>start</c>, which does not know this program: the text of the step goes with them.</summary>
    public bool IsDetached { get; set; }

    /// <summary>Asks the parent and waits for its answer.</summary>
    public void Ask(InitMessage kind, uint argument = 0) => Ask(kind, argument, []);

    /// <summary>Asks the parent, sending copies of descriptors along, and waits for its answer.</summary>
    public void Ask(InitMessage kind, uint argument, ReadOnlySpan<Slot> descriptors)
    {
        Tell(kind, argument, descriptors);
        AwaitAnswer();
    }

    /// <summary>Asks the parent and waits for its answer, which carries up to <paramref name="count"/> descriptors.</summary>
    /// <returns>Where the descriptors' numbers, 32 bits each, are found.</returns>
    public Data AskForDescriptors(InitMessage kind, uint argument, ReadOnlySpan<Slot> descriptors, int count)
    {
        Tell(kind, argument, descriptors);
        (Data header, Data numbers) = Child.Message(Child.Reserve(MessageSize), MessageSize, count);
        Slot length = Child.CallInto(SYS.recvmsg, SyncDescriptor, header, Socket.MSG_CMSG_CLOEXEC);
        Child.BranchIfEqual(length, 0, quit);
        return numbers;
    }

    /// <summary>Asks the parent, sending copies of descriptors along, and waits for its answer, a text.</summary>
    /// <returns>Where the text is found, with its NUL.</returns>
    public Data AskForText(InitMessage kind, ReadOnlySpan<Slot> descriptors)
    {
        Tell(kind, 0, descriptors);
        Data text = Child.Reserve(TextSize);
        Slot length = Child.CallInto(SYS.read, SyncDescriptor, text, TextSize);
        Child.BranchIfEqual(length, 0, quit);
        return text;
    }

    /// <summary>Sends a message whose value is what a slot holds, and waits for the answer.</summary>
    public void AskWithValue(InitMessage kind, Slot value)
    {
        TellWithValue(kind, value);
        AwaitAnswer();
    }

    /// <summary>Sends a message whose value is what a slot holds.</summary>
    public void TellWithValue(InitMessage kind, Slot value)
    {
        Data message = MessageBytes(kind, 0);
        Child.Store(message.At(8), value);
        Child.Call(SYS.write, SyncDescriptor, message, MessageSize);
    }

    /// <summary>Waits for the parent's answer; ends the child where the parent is gone.</summary>
    public void AwaitAnswer()
    {
        Slot length = Child.CallInto(SYS.read, SyncDescriptor, Child.Reserve(MessageSize), MessageSize);
        Child.BranchIfEqual(length, 0, quit);
    }

    /// <summary>Fails the present step with an errno of our own choice.</summary>
    public void Fail(int errno)
    {
        Child.Set(Slot.Errno, errno);
        Child.Set(Slot.FailedInstruction, Child.Instructions.Count);
        Child.Jump(Child.Failure!.Value);
    }

    private void Tell(InitMessage kind, uint argument, ReadOnlySpan<Slot> descriptors)
    {
        Data message = MessageBytes(kind, argument);
        if (descriptors.IsEmpty)
        {
            Child.Call(SYS.write, SyncDescriptor, message, MessageSize);
            return;
        }
        (Data header, Data numbers) = Child.Message(message, MessageSize, descriptors.Length);
        for (int i = 0; i < descriptors.Length; i++)
            Child.Store(numbers.At(i * 4), descriptors[i]);
        Child.Call(SYS.sendmsg, SyncDescriptor, header, Socket.MSG_NOSIGNAL);
    }

    private Data MessageBytes(InitMessage kind, uint argument)
    {
        Data message = Child.Reserve(MessageSize);
        Child.Put(message, (uint)kind);
        Child.Put(message.At(4), argument);
        return message;
    }

    private void Announce(string text)
    {
        Child.Set(stepText, Child.Text(text));
        Child.Set(stepLength, Native.Safe.ByteText.Encode(text).Length);
    }

    // Laid down first and jumped over. Each call goes on whatever the kernel says: a seccomp filter may deny even write and exit_group;
    // then the read of address 0 ends the child.
    private Label WriteFailurePart()
    {
        Label begin = Child.NewLabel();
        Child.Jump(begin);
        Label failure = Child.MarkHere();
        Data message = MessageBytes(InitMessage.Failed, 0);
        Child.Store(message.At(4), Slot.FailedInstruction);
        Child.Store(message.At(8), Slot.Errno);
        Child.Call(SYS.write, Report, message, MessageSize).On(Instruction.AnyError, quit);
        Child.BranchIfEqual(stepLength, 0, quit);
        Child.Call(SYS.write, Report, stepText, stepLength).On(Instruction.AnyError, quit);
        Child.Mark(quit);
        Label crash = Child.NewLabel();
        Child.Call(SYS.exit_group, 1).On(Instruction.AnyError, crash);
        Child.Mark(crash);
        Child.Call((int)Operation.Load, 0, 0);
        Child.Mark(begin);
        Child.Set(Report, SyncDescriptor);
        return failure;
    }
}
