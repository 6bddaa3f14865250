using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>What was written is read again, in both endiannesses; what is no value is a clear error.</summary>
public sealed class DBusReaderTests
{
    private static string ErrorOf(string hex, Action<Hostile> read) =>
        Assert.Throws<RuntimeException>(() => read(new Hostile(Convert.FromHexString(hex))))!.Message;

    /// <summary>A reader cannot be captured by a lambda; its bytes can.</summary>
    private sealed record Hostile(byte[] Data)
    {
        public void Skip(string type)
        {
            DBusReader reader = new(Data, isLittleEndian: true);
            reader.Skip(type);
        }
    }

    [Test]
    public void Values_RoundTrip() => Prop.ForAll(
        Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(),
        seed =>
        {
            Random random = new(seed);
            long wide = random.NextInt64(long.MinValue, long.MaxValue);
            int narrow = (int)wide;
            string text = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(1, 0xd800))]);
            ulong[] list = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (ulong)random.NextInt64())];
            DBusWriter writer = new();
            writer.WriteByte((byte)wide);
            writer.WriteBoolean(narrow > 0);
            writer.WriteInt16((short)wide);
            writer.WriteString(text);
            writer.WriteUInt16((ushort)wide);
            writer.WriteInt32(narrow);
            writer.WriteUInt32((uint)narrow);
            writer.WriteSignature("a(sv)");
            writer.WriteInt64(wide);
            DBusArray array = writer.BeginArray("t");
            foreach (ulong number in list)
                writer.WriteUInt64(number);
            writer.EndArray(array);
            writer.WriteUInt64((ulong)wide);
            writer.WriteDouble(narrow / 8.0);

            DBusReader reader = new(writer.Bytes, isLittleEndian: true);
            Assert.That(reader.ReadByte(), Is.EqualTo((byte)wide));
            Assert.That(reader.ReadBoolean(), Is.EqualTo(narrow > 0));
            Assert.That(reader.ReadInt16(), Is.EqualTo((short)wide));
            Assert.That(reader.ReadString(), Is.EqualTo(text));
            Assert.That(reader.ReadUInt16(), Is.EqualTo((ushort)wide));
            Assert.That(reader.ReadInt32(), Is.EqualTo(narrow));
            Assert.That(reader.ReadUInt32(), Is.EqualTo((uint)narrow));
            Assert.That(reader.ReadSignature(), Is.EqualTo("a(sv)"));
            Assert.That(reader.ReadInt64(), Is.EqualTo(wide));
            int end = reader.BeginArray("t");
            List<ulong> read = [];
            while (reader.Position < end)
                read.Add(reader.ReadUInt64());
            Assert.That(read, Is.EqualTo(list));
            Assert.That(reader.ReadUInt64(), Is.EqualTo((ulong)wide));
            Assert.That(reader.ReadDouble(), Is.EqualTo(narrow / 8.0));
            Assert.That(reader.Position, Is.EqualTo(writer.Bytes.Length));

            DBusReader skipper = new(writer.Bytes, isLittleEndian: true);
            foreach (string type in new[] { "y", "b", "n", "s", "q", "i", "u", "g", "x", "at", "t", "d" })
                skipper.Skip(type);
            Assert.That(skipper.Position, Is.EqualTo(writer.Bytes.Length));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true));

    [Test]
    public void BigEndian_AsTheFirstByteSays()
    {
        // The specification's own example: an array of one INT64, 5.
        DBusReader reader = new(Convert.FromHexString("00000008" + "00000000" + "0000000000000005"), isLittleEndian: false);
        Assert.That(reader.BeginArray("x"), Is.EqualTo(16));
        Assert.That(reader.ReadInt64(), Is.EqualTo(5));
    }

    [Test]
    public void Variant_OfTheWrongType_IsNamed()
    {
        static void Read()
        {
            DBusReader reader = new(Convert.FromHexString("01750000" + "05000000"), isLittleEndian: true);
            reader.BeginVariant("s");
        }

        Assert.That(Read, Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus message: holds a value of type `u` where `s` belongs"));
    }

    [Test]
    public void Struct_IsSkippedWhole()
    {
        DBusWriter writer = new();
        writer.WriteByte(1);
        writer.BeginStruct();
        writer.WriteString("a");
        writer.WriteSignature("(ya{sv})");
        writer.BeginStruct();
        writer.WriteByte(2);
        writer.EndArray(writer.BeginArray("{sv}"));
        writer.WriteByte(77);
        DBusReader reader = new(writer.Bytes, isLittleEndian: true);
        reader.ReadByte();
        reader.Skip("(sv)");
        Assert.That(reader.ReadByte(), Is.EqualTo(77));
    }

    [TestCase("", "y", "ends too early")]
    [TestCase("0100", "u", "ends too early")]
    [TestCase("02000000", "s", "a text of 2 bytes is longer than the rest")]
    [TestCase("ffffffff", "s", "a text of 4294967295 bytes is longer than the rest")]
    [TestCase("0100000061", "s", "a text of 1 bytes is longer than the rest")]
    [TestCase("010000006161", "s", "a text does not end with its one NUL")]
    [TestCase("02000000610000", "s", "a text does not end with its one NUL")]
    [TestCase("01000000ff00", "s", "a text is no UTF-8")]
    [TestCase("ffffffff", "ay", "an array of 4294967295 bytes is longer than the rest")]
    [TestCase("0000008000000000", "ax", "an array of 2147483648 bytes is longer than the rest")]
    [TestCase("00000000", "ax", "ends too early")]
    [TestCase("0000", "v", "a type's signature ends too early")]
    [TestCase("017a00", "v", "`z` begins with no type")]
    [TestCase("02757500", "v", "a variant holds `uu`, which is more than one type")]
    [TestCase("016100", "v", "a type's signature ends too early")]
    [TestCase("01280000", "v", "a type's signature ends too early")]
    [TestCase("02282900", "v", "`)` begins with no type")]
    [TestCase("047b73737d00", "v", "`{ss}` begins with no type")]
    [TestCase("05617b76737d00", "v", "`{vs}` begins with no type")]
    [TestCase("06617b7373737d00", "v", "`{sss}` begins with no type")]
    public void Nonsense_IsAClearError(string hex, string type, string error) =>
        Assert.That(ErrorOf(hex, reader => reader.Skip(type)), Is.EqualTo($"D-Bus message: {error}"));

    [Test]
    public void DeepTypes_AreRefused()
    {
        string arrays = new('a', 33), structs = new('(', 33);
        string Variant(string type) => Convert.ToHexStringLower([(byte)type.Length, .. System.Text.Encoding.ASCII.GetBytes(type), 0]);
        Assert.That(ErrorOf(Variant(arrays + "y"), reader => reader.Skip("v")), Does.EndWith("begins with no type"));
        Assert.That(ErrorOf(Variant(structs + "y" + new string(')', 33)), reader => reader.Skip("v")), Does.EndWith("begins with no type"));
        Assert.That(ErrorOf(string.Concat(Enumerable.Repeat("017600", 80)), reader => reader.Skip("v")), Is.EqualTo("D-Bus message: has values nested deeper than 64"));
    }
}
