using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>Messages as they come in, good and hostile.</summary>
public sealed class DBusMessageTests
{
    // An error with serial 2 that answers call 1, from :1.0, with one text.
    private const string BigEndianError =
        "42030101" + "00000007" + "00000002" + "0000002f" +
        "04" + "017300" + "00000003" + "612e6200" + "00000000" +
        "05" + "017500" + "00000001" +
        "07" + "017300" + "00000004" + "3a312e3000" + "000000" +
        "08" + "016700" + "017300" + "00" +
        "00000002" + "6f6800";

    private static DBusMessage Parse(string hex) => DBusMessage.Parse(Convert.FromHexString(hex));

    [Test]
    public void BigEndian_IsRead()
    {
        DBusMessage message = Parse(BigEndianError);
        Assert.That(message.Type, Is.EqualTo(DBusMessageType.Error));
        Assert.That((message.Serial, message.ReplySerial, message.ErrorName, message.Sender, message.Signature), Is.EqualTo((2u, 1u, "a.b", ":1.0", "s")));
        Assert.That(message.ErrorText(), Is.EqualTo("oh"));
        Assert.That(DBusMessage.LengthOf(Convert.FromHexString(BigEndianError)), Is.EqualTo(BigEndianError.Length / 2));
    }

    [Test]
    public void OwnCalls_AreRead()
    {
        DBusMessage message = DBusMessage.Parse(new DBusCall("d.d", "/p", "i.i", "M") { Signature = "su", Arguments = Write }.Encode(7));
        Assert.That((message.Type, message.Serial, message.Path, message.Interface, message.Member), Is.EqualTo((DBusMessageType.MethodCall, 7u, "/p", "i.i", "M")));
        DBusReader reader = message.Read("su");
        Assert.That(reader.ReadString(), Is.EqualTo("x"));
        Assert.That(reader.ReadUInt32(), Is.EqualTo(5));

        static void Write(DBusWriter writer)
        {
            writer.WriteString("x");
            writer.WriteUInt32(5);
        }
    }

    [Test]
    public void Body_OfOtherTypes_IsRefused() =>
        Assert.That(() => Parse(BigEndianError).Read("o"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus message: holds values of types `s` where `o` belong"));

    [TestCase("6c010001000010000000000100000000", "has 1048592 bytes, more than 1048576", TestName = "LargeBody")]
    [TestCase("6c010001ffffffff00000001ffffffff", "has 8589934607 bytes, more than 1048576", TestName = "LargestOfAll")]
    [TestCase("00010001000000000000000100000000", "begins with 0x00, which is no mark of endianness", TestName = "NoEndianness")]
    [TestCase("6c010002000000000000000100000000", "is of protocol version 2, not 1", TestName = "OtherVersion")]
    public void Prefix_IsCheckedBeforeMoreIsRead(string hex, string error) =>
        Assert.That(() => DBusMessage.LengthOf(Convert.FromHexString(hex)), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus message: " + error));

    [Test]
    public void AnyBytes_AreReadOrRefused()
    {
        byte[] good = Convert.FromHexString(BigEndianError);
        Prop.ForAll(Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            byte[] message = [.. good];
            for (int i = random.Next(6); i >= 0; i--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            try
            {
                if (DBusMessage.LengthOf(message) != message.Length)
                    return;
                DBusMessage parsed = DBusMessage.Parse(message);
                parsed.ErrorText();
            }
            catch (RuntimeException e)
            {
                Assert.That(e.Message, Does.StartWith("D-Bus message: "));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000).WithQuietOnSuccess(true));
    }
}
