using NUnit.Framework;
using Vessel.Images.Registry;

namespace Vessel.Tests.Unit.Images.Registry;

public sealed class ChallengeTests
{
    [TestCase("Bearer realm=\"https://a/token\",service=\"s\",scope=\"repository:a/b:pull,push\"", "Bearer", "https://a/token", "s", "repository:a/b:pull,push")]
    [TestCase("Bearer realm=\"https://a/token\", service=\"s\"", "Bearer", "https://a/token", "s", "")]
    [TestCase("bearer  Realm=https://a/token ,  SERVICE=s", "bearer", "https://a/token", "s", "")]
    [TestCase("Basic realm=\"a \\\"b\\\" c\"", "Basic", "a \"b\" c", "", "")]
    [TestCase("Basic", "Basic", "", "", "")]
    [TestCase("", "", "", "", "")]
    [TestCase("Bearer realm=", "Bearer", "", "", "")]
    [TestCase("Bearer realm=\"unfinished", "Bearer", "unfinished", "", "")]
    [TestCase("Bearer realm=\"unfinished\\", "Bearer", "unfinished\\", "", "")]
    [TestCase("Bearer realm", "Bearer", "", "", "")]
    [TestCase("Bearer ,,, realm=\"x\",,", "Bearer", "x", "", "")]
    [TestCase("Negotiate YWJj==", "Negotiate", "", "", "")]
    [TestCase("Bearer realm=https://a/token?x=y&z", "Bearer", "https://a/token?x=y&z", "", "")]
    [TestCase("Bearer\trealm = \"x\" , service\t=s", "Bearer", "x", "s", "")]
    [TestCase("=,= \"Bearer", "", "", "", "")]
    [TestCase("Bearer realm=\"x\",error=\"insufficient_scope\"", "Bearer", "x", "", "")]
    public void Parse_SchemeAndParameters(string header, string scheme, string realm, string service, string scope)
    {
        Challenge challenge = Challenge.Parse(header) is [Challenge first, ..] ? first : new Challenge("", new Dictionary<string, string>());
        Assert.That((challenge.Scheme, challenge["realm"], challenge["service"], challenge["scope"]), Is.EqualTo((scheme, realm, service, scope)));
    }

    [TestCase("Basic realm=\"x\", Bearer realm=\"https://a/token\",service=s", new[] { "Basic x ", "Bearer https://a/token s" })]
    [TestCase("Negotiate, Bearer realm=r", new[] { "Negotiate  ", "Bearer r " })]
    [TestCase("Negotiate YWJj==, Basic realm=\"a, b\"", new[] { "Negotiate  ", "Basic a, b " })]
    public void Parse_SeveralChallengesInOneHeader(string header, string[] expected) =>
        Assert.That(Challenge.Parse(header).Select(c => $"{c.Scheme} {c["realm"]} {c["service"]}"), Is.EqualTo(expected));

    [Test]
    public void Parse_OfNoReasonableLength_IsNone() => Assert.That(Challenge.Parse("Bearer realm=\"" + new string('a', 9000) + "\""), Is.Empty);

    [Test]
    public void Parse_AnyDamage_EndsWithoutAnError()
    {
        const string Whole = "Bearer realm=\"https://a/token\",service=\"s\\\"\",scope=a";
        Random random = new(1);
        for (int i = 0; i < 5000; i++)
        {
            char[] text = Whole.ToCharArray();
            for (int j = random.Next(6); j >= 0; j--)
                text[random.Next(text.Length)] = " ,=\"\\a"[random.Next(6)];
            Assert.That(Challenge.Parse(new string(text, 0, random.Next(text.Length))), Is.Not.Null);
        }
    }
}
