using System.Text;
using NUnit.Framework;

namespace Vessel.Tests.Unit.Oci;

/// <summary>What is not JSON, as Go's decoder sees it, is refused with its place, whatever Newtonsoft's reader would make of it.</summary>
public sealed class JsonSyntaxTests
{
    [TestCase("", "line 1, column 1: the document is empty")]
    [TestCase(" \n\t", "line 2, column 2: the document is empty")]
    [TestCase("{\n\"a\": 1,\n  \"b\"", "line 3, column 6: the document ends in the middle of an object")]
    [TestCase("{", "line 1, column 2: the document ends in the middle of an object")]
    [TestCase("{\"a\":", "line 1, column 6: the document ends in the middle of an object")]
    [TestCase("{\"a\":1,", "line 1, column 8: the document ends in the middle of an object")]
    [TestCase("{\"a\":[1,", "line 1, column 9: the document ends in the middle of a list")]
    [TestCase("{\"a\":\"b", "line 1, column 8: the document ends in the middle of a text")]
    [TestCase("{\"a\":\"b\\", "line 1, column 9: the document ends in the middle of a text")]
    [TestCase("{\"a\":\"b\\u00", "line 1, column 12: the document ends in the middle of a text")]
    [TestCase("{\"a\":tru", "line 1, column 9: the document ends in the middle of a value")]
    [TestCase("{\"a\":-", "line 1, column 7: the document ends in the middle of a number")]
    [TestCase("{\"a\":1.", "line 1, column 8: the document ends in the middle of a number")]
    [TestCase("{]", "line 1, column 2: expected a name in double quotes, found `]`")]
    [TestCase("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`")]
    [TestCase("{\"a\":1 \"b\":2}", "line 1, column 8: expected `,` or `}`, found `\"`")]
    [TestCase("{\"a\":[1 2]}", "line 1, column 9: expected `,` or `]`, found `2`")]
    [TestCase("{\"a\":1,}", "line 1, column 8: expected a name in double quotes, found `}`")]
    [TestCase("{\"a\":[1,]}", "line 1, column 9: expected a value, found `]`")]
    [TestCase("{\"a\":[,1]}", "line 1, column 7: expected a value, found `,`")]
    [TestCase("{'a':1}", "line 1, column 2: expected a name in double quotes, found `'`")]
    [TestCase("{a:1}", "line 1, column 2: expected a name in double quotes, found `a`")]
    [TestCase("{\"a\":'b'}", "line 1, column 6: expected a value, found `'`")]
    [TestCase("{\"a\":NaN}", "line 1, column 6: expected a value, found `N`")]
    [TestCase("{\"a\":undefined}", "line 1, column 6: expected a value, found `u`")]
    [TestCase("{\"a\":nul1}", "line 1, column 6: expected a value, found `n`")]
    [TestCase("{\"a\":new Date(1)}", "line 1, column 6: expected a value, found `n`")]
    [TestCase("{\"a\":0x10}", "line 1, column 7: expected `,` or `}`, found `x`")]
    [TestCase("{\"a\":010}", "line 1, column 7: expected `,` or `}`, found `1`")]
    [TestCase("{\"a\":+1}", "line 1, column 6: expected a value, found `+`")]
    [TestCase("{\"a\":.5}", "line 1, column 6: expected a value, found `.`")]
    [TestCase("{\"a\":1.x}", "line 1, column 8: expected a digit, found `x`")]
    [TestCase("{\"a\":1e}", "line 1, column 8: expected a digit, found `}`")]
    [TestCase("{/* no */}", "line 1, column 2: expected a name in double quotes, found `/`")]
    [TestCase("{} // no", "line 1, column 4: expected the end of the document, found `/`")]
    [TestCase("{}{}", "line 1, column 3: expected the end of the document, found `{`")]
    [TestCase("{}\0", "line 1, column 3: expected the end of the document, found `\\u0000`")]
    [TestCase("\uFEFF{}", "line 1, column 1: expected a value, found `\\ufeff`")]
    [TestCase("{\"a\":\"b\nc\"}", "line 1, column 8: a control character must be escaped in a text")]
    [TestCase("{\"a\":\"\\x41\"}", "line 1, column 7: `\\` begins no escape that JSON has")]
    [TestCase("{\"a\":\"\\u12G4\"}", "line 1, column 7: `\\` begins no escape that JSON has")]
    [TestCase("{\"a\":\u00a01}", "line 1, column 6: expected a value, found `\u00a0`")]
    public void Read_WhatIsNotJson_SaysWhere(string json, string error)
    {
        Assert.That(Documents.ErrorsOf(json), Is.EqualTo(new[] { error }));
    }

    [Test]
    public void Read_DeepNesting_IsRefusedBeforeTheStackIs()
    {
        string deepEnough = Documents.With("\"x\":" + new string('[', 63) + new string(']', 63));
        string tooDeep = Documents.With("\"x\":" + new string('[', 64) + new string(']', 64));
        string absurd = new('[', 5_000_000);

        Assert.Multiple(() =>
        {
            Assert.That(Documents.ErrorsOf(deepEnough), Is.Empty);
            Assert.That(Documents.ErrorsOf(tooDeep), Is.EqualTo(new[] { "line 1, column 90: nested more than 64 deep" }));
            Assert.That(Documents.ErrorsOf(absurd), Is.EqualTo(new[] { "line 1, column 65: nested more than 64 deep" }));
        });
    }

    [Test]
    public void Read_AbsurdNumber_IsRefused()
    {
        Assert.That(Documents.ErrorsOf(Documents.With("\"x\":" + new string('9', 10_000))),
            Is.EqualTo(new[] { "line 1, column 10027: a number of more than 300 characters" }));
    }

    [Test]
    public void Read_NumbersOfUnknownMembers_MayBeAnything()
    {
        Assert.That(Documents.ErrorsOf(Documents.With("\"x\":[1e400,-0,-0.0,1E+5,0e-7,123456789012345678901234567890]")), Is.Empty);
    }

    [Test]
    public void Read_TextThatIsNotUtf8_IsReplacedAsInGo()
    {
        byte[] json = [.. Encoding.ASCII.GetBytes("{\"ociVersion\":\"1.0.0\",\"hostname\":\"a"), 0xff, .. "b\"}"u8];

        Assert.That(Vessel.Oci.Runtime.SpecReader.Read(json).Hostname, Is.EqualTo("a\ufffdb"));
    }
}
