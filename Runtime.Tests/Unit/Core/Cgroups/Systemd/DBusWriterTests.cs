using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>Values become the bytes that the D-Bus specification's rules ask for, written out by hand.</summary>
public sealed class DBusWriterTests
{
    private static string Bytes(Action<DBusWriter> write)
    {
        DBusWriter writer = new();
        write(writer);
        return Convert.ToHexStringLower(writer.Bytes);
    }

    [Test]
    public void Numbers_AreAlignedToTheirSize() => Assert.That(Bytes(w =>
    {
        w.WriteByte(0x11);
        w.WriteInt16(-2);
        w.WriteUInt32(0x01020304);
        w.WriteByte(0x22);
        w.WriteUInt64(5);
        w.WriteBoolean(true);
    }), Is.EqualTo("11" + "00" + "feff" + "04030201" + "22" + "00000000000000" + "0500000000000000" + "01000000"));

    [Test]
    public void OtherNumbers_AsWell() => Assert.That(Bytes(w =>
    {
        w.WriteUInt16(0xabcd);
        w.WriteInt32(-1);
        w.WriteInt64(-1);
        w.WriteDouble(1.0);
    }), Is.EqualTo("cdab" + "0000" + "ffffffff" + "ffffffffffffffff" + "000000000000f03f"));

    [Test]
    public void Strings_HaveLengthAndNul() => Assert.That(Bytes(w =>
    {
        w.WriteString("foo");
        w.WriteString("+");
        w.WriteString("bar");
    }), Is.EqualTo("03000000" + "666f6f00" + "01000000" + "2b00" + "0000" + "03000000" + "62617200"));

    [Test]
    public void Text_IsCountedInBytes() => Assert.That(Bytes(w => w.WriteString("é")), Is.EqualTo("02000000" + "c3a900"));

    [Test]
    public void Signature_HasALengthOfOneByte() => Assert.That(Bytes(w => w.WriteSignature("a(sv)")), Is.EqualTo("05" + "6128737629" + "00"));

    [Test]
    public void Array_DoesNotCountThePaddingBeforeItsFirstElement() => Assert.That(Bytes(w =>
    {
        DBusArray array = w.BeginArray("x");
        w.WriteInt64(5);
        w.EndArray(array);
    }), Is.EqualTo("08000000" + "00000000" + "0500000000000000"));

    [Test]
    public void EmptyArray_IsPaddedAllTheSame() => Assert.That(Bytes(w =>
    {
        w.EndArray(w.BeginArray("(sv)"));
        w.WriteByte(1);
    }), Is.EqualTo("00000000" + "00000000" + "01"));

    [Test]
    public void Dictionary_IsAnArrayOfStructs() => Assert.That(Bytes(w =>
    {
        DBusArray array = w.BeginArray("{ys}");
        foreach (byte key in new byte[] { 1, 2 })
        {
            w.BeginStruct();
            w.WriteByte(key);
            w.WriteString("a");
        }
        w.EndArray(array);
    }), Is.EqualTo("1a000000" + "00000000" + "01" + "000000" + "01000000" + "6100" + "000000000000" + "02" + "000000" + "01000000" + "6100"));

    [Test]
    public void Properties_AreNameAndVariant()
    {
        Assert.That(Bytes(UnitProperty.Flag("A", true).Write), Is.EqualTo("01000000" + "4100" + "016200" + "000000" + "01000000"));
        Assert.That(Bytes(UnitProperty.Number("A", 1).Write), Is.EqualTo("01000000" + "4100" + "017400" + "00000000000000" + "0100000000000000"));
        Assert.That(Bytes(UnitProperty.Text("A", "b").Write), Is.EqualTo("01000000" + "4100" + "017300" + "000000" + "01000000" + "6200"));
        Assert.That(Bytes(UnitProperty.Mask("A", [7]).Write), Is.EqualTo("01000000" + "4100" + "02617900" + "0000" + "01000000" + "07"));
        Assert.That(Bytes(UnitProperty.Processes("A", [9]).Write), Is.EqualTo("01000000" + "4100" + "02617500" + "0000" + "04000000" + "09000000"));
        Assert.That(Bytes(UnitProperty.Devices("A", [new DeviceAllow("n", "rw")]).Write),
            Is.EqualTo("01000000" + "4100" + "05612873732900" + "000000" + "0f000000" + "00000000" + "01000000" + "6e00" + "0000" + "02000000" + "727700"));
    }

    [Test]
    public void Call_IsAMessage()
    {
        byte[] message = new DBusCall("d.d", "/p", "i.i", "M") { Signature = "y", Arguments = w => w.WriteByte(9) }.Encode(3);
        Assert.That(Convert.ToHexStringLower(message), Is.EqualTo(
            "6c010001" + "01000000" + "03000000" + "47000000" +
            "01" + "016f00" + "02000000" + "2f7000" + "0000000000" +
            "06" + "017300" + "03000000" + "642e6400" + "00000000" +
            "02" + "017300" + "03000000" + "692e6900" + "00000000" +
            "03" + "017300" + "01000000" + "4d00" + "000000000000" +
            "08" + "016700" + "017900" + "00" +
            "09"));
    }

    [Test]
    public void Nul_IsRefused() => Assert.That(() => new DBusWriter().WriteString("a\0b"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("\"a\\0b\": a NUL cannot be sent to systemd"));
}
