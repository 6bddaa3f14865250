using NUnit.Framework;
using Vessel.Native.Safe;

namespace Vessel.Tests.NativeSuite;

/// <summary>A list outside of the collected heap.</summary>
public sealed class NativeListTests
{
    [Test]
    public void Items_StayWhatAndWhereTheyAre()
    {
        const int Items = 200_000;
        using NativeList<long> list = new();
        for (int i = 0; i < Items; i++)
            Assert.That(list.Add(i * 3L), Is.EqualTo(i));
        ref long first = ref list[0];
        first = 7;
        list.Add(1);
        Assert.That((list[0], list[Items - 1], list.Count), Is.EqualTo((7L, (Items - 1) * 3L, Items + 1)));
        Assert.That(() => list[Items + 1], Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => list[-1], Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Ranges_AreSideBySide()
    {
        using NativeList<byte> list = new();
        List<(int At, byte[] Bytes)> added = [];
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = new byte[random.Next(0, 256)];
            random.NextBytes(bytes);
            added.Add((list.AddRange(bytes), bytes));
        }
        foreach ((int at, byte[] bytes) in added)
            Assert.That(list.Slice(at, bytes.Length).SequenceEqual(bytes));
        Assert.That(() => list.Slice(list.Count - 1, 2).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => list.Slice(0, 1 << 17).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
