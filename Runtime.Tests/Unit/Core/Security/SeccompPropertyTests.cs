using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>Any profile, any call: the compiled filter decides as the profile read rule by rule.</summary>
public sealed class SeccompPropertyTests
{
    [TestCase(SeccompArchitecture.X86_64)]
    [TestCase(SeccompArchitecture.Arm64)]
    public void Filter_DecidesAsTheProfileReads(SeccompArchitecture native)
    {
        Prop.ForAll(RandomProfiles.Cases, test =>
        {
            BpfInterpreter filter = Profiles.Compile(test.Profile, native);
            foreach (SeccompCall call in test.Calls)
            {
                uint expected = ReferenceEvaluator.Evaluate(test.Profile, native, call);
                uint actual = filter.Run(call);
                if (actual != expected)
                    return false.Label($"{call}: {actual:x8} instead of {expected:x8} under {Show(test.Profile)}");
            }
            return true.ToProperty();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true));
    }

    private static string Show(LinuxSeccomp profile)
    {
        StringBuilder text = new();
        text.Append($"{profile.DefaultAction} {profile.DefaultErrnoRet} [{string.Join(' ', profile.Architectures)}]");
        foreach (LinuxSyscall rule in profile.Syscalls)
        {
            text.Append($"\n  {string.Join(' ', rule.Names)} -> {rule.Action} {rule.ErrnoRet}");
            foreach (LinuxSeccompArg arg in rule.Args)
                text.Append($" args[{arg.Index}] {arg.Op} {arg.Value:x} {arg.ValueTwo:x}");
        }
        return text.ToString();
    }
}
