using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Oci.Reference;

/// <summary>Damaged references: what is taken is what it says it is, and what is not taken has a reason.</summary>
public sealed class ReferenceMutationTests
{
    private const string OfNothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly string[] Good =
    [
        "alpine", "docker.io/library/alpine:3", "index.docker.io/a", "localhost:5000/a/b:c", "[::1]:5000/a:b", "docker.io/localhost/a",
        "user/image@" + OfNothing, "a.b/c__d-e.f:G@" + OfNothing, "Registry/a:1", OfNothing,
    ];

    [Test]
    public void TryParse_DamagedText_RoundTripsOrIsRefused() =>
        Prop.ForAll(Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(), seed =>
        {
            string text = Damaged(new Random(seed));
            if (!ImageReference.TryParse(text, out ImageReference? reference, out string? error))
                return reference is null && error.Length is > 0 and < 2000;
            return ImageReference.Parse(reference.ToString()) == reference
                && ImageReference.Parse(reference.FamiliarText) == reference
                && text.EndsWith(reference.ToString()[reference.Name.Length..], StringComparison.Ordinal);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(20_000)));

    [Test]
    public void Digest_DamagedText_RoundTripsOrIsRefused() =>
        Prop.ForAll(Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(), seed =>
        {
            string text = Damaged(new Random(seed));
            return Digest.TryParse(text, out Digest? digest, out string? error) ? digest.ToString() == text : error.Length > 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(20_000)));

    private static string Damaged(Random random)
    {
        const string Characters = "azAZ09.:/@-_[]% \n\0é\u017f\ud800+";
        StringBuilder text = new(Good[random.Next(Good.Length)]);
        for (int i = random.Next(0, 4); i > 0 && text.Length > 0; i--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 5), text.Length - at)); break;
                case 1: text.Insert(at, Characters[random.Next(Characters.Length)]); break;
                case 2: text[at] = Characters[random.Next(Characters.Length)]; break;
                case 3: text.Insert(at, Good[random.Next(Good.Length)]); break;
                default: text.Append(text.ToString().AsSpan(at)); break;
            }
        }

        return text.ToString();
    }
}
