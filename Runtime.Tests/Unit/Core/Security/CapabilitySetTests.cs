using NUnit.Framework;
using Vessel.Core.Security;

namespace Vessel.Tests.Unit.Core.Security;

public sealed class CapabilitySetTests
{
    [Test]
    public void Names_AndNumbers_AreThoseOfTheKernel()
    {
        IReadOnlyList<string> names = Capabilities.Names;
        Assert.That(names, Has.Count.EqualTo(41).And.Unique);
        Assert.That(names[0], Is.EqualTo("CAP_CHOWN"));
        Assert.That(names[12], Is.EqualTo("CAP_NET_ADMIN"));
        Assert.That(names[21], Is.EqualTo("CAP_SYS_ADMIN"));
        Assert.That(names[31], Is.EqualTo("CAP_SETFCAP"));
        Assert.That(names[40], Is.EqualTo("CAP_CHECKPOINT_RESTORE"));
        for (int number = 0; number < names.Count; number++)
        {
            Assert.That(Capabilities.TryGetNumber(names[number], out int back), Is.True);
            Assert.That(back, Is.EqualTo(number));
        }
        Assert.That(Capabilities.GetName(41), Is.Null);
        Assert.That(Capabilities.GetName(-1), Is.Null);
    }

    [Test]
    public void Table_AgreesWithTheHeadersOfThisMachine()
    {
        const string Header = "/usr/include/linux/capability.h";
        if (!File.Exists(Header))
        {
            TestContext.Out.WriteLine($"left out: {Header} is not here");
            return;
        }
        foreach (string line in File.ReadLines(Header))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is ["#define", var name, var value, ..] && name.StartsWith("CAP_") && int.TryParse(value, out int expected))
            {
                Assert.That(Capabilities.TryGetNumber(name, out int number), Is.True, name);
                Assert.That(number, Is.EqualTo(expected), name);
            }
        }
    }

    [Test]
    public void Parse_LeavesOutWhatItDoesNotKnow()
    {
        CapabilitySet set = CapabilitySet.Parse(["CAP_CHOWN", "CAP_SYS_ADMIN", "cap_kill", "KILL", "CAP_FUTURE", "CAP_CHOWN"], out IReadOnlyList<string> unknown);
        Assert.That(set.Bits, Is.EqualTo(1UL | 1UL << 21));
        Assert.That(unknown, Is.EqualTo(new[] { "cap_kill", "KILL", "CAP_FUTURE" }));
        CapabilitySet.Parse([], out unknown);
        Assert.That(unknown, Is.Empty);
    }

    [Test]
    public void ToNames_IsInTheOrderOfNumbers()
    {
        CapabilitySet set = CapabilitySet.Parse(["CAP_BPF", "CAP_KILL", "CAP_CHOWN"], out _);
        Assert.That(set.ToNames(), Is.EqualTo(new[] { "CAP_CHOWN", "CAP_KILL", "CAP_BPF" }));
        Assert.That(set.ToString(), Is.EqualTo("CAP_CHOWN,CAP_KILL,CAP_BPF"));
        Assert.That(new CapabilitySet(1UL << 45).ToNames(), Is.EqualTo(new[] { "45" }));
        Assert.That(CapabilitySet.All.ToNames(), Is.EqualTo(Capabilities.Names));
    }

    [Test]
    public void SetOperations_WorkOnBits()
    {
        CapabilitySet left = new(0b0111);
        CapabilitySet right = new(0b1110);
        Assert.That((left | right).Bits, Is.EqualTo(0b1111));
        Assert.That((left & right).Bits, Is.EqualTo(0b0110));
        Assert.That(left.Except(right).Bits, Is.EqualTo(0b0001));
        Assert.That((left & right).IsSubsetOf(left), Is.True);
        Assert.That(left.IsSubsetOf(right), Is.False);
        Assert.That(left.Contains(2), Is.True);
        Assert.That(left.Contains(3), Is.False);
        Assert.That(left.Contains(64), Is.False);
        Assert.That(left.Count, Is.EqualTo(3));
        Assert.That(CapabilitySet.Empty.IsEmpty, Is.True);
        Assert.That(CapabilitySet.UpTo(40), Is.EqualTo(CapabilitySet.All));
        Assert.That(CapabilitySet.UpTo(63).Bits, Is.EqualTo(ulong.MaxValue));
    }
}
