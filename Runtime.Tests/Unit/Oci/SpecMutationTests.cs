using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Oci;

/// <summary>Damaged documents: the reader's only answers are a specification and a <see cref="DocumentException"/>.</summary>
public sealed class SpecMutationTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary();

    [Test]
    public void Read_DamagedText_GivesASpecOrADocumentException() =>
        Prop.ForAll(Seeds, seed =>
        {
            string json = DamagedJson.WithDamagedText(Documents.Full, new Random(seed));
            bool isJson = DamagedJson.IsJson(json);
            try
            {
                Spec spec = Documents.Read(json);
                return isJson && SurvivesWriting(spec);
            }
            catch (DocumentException e)
            {
                // A text that another strict parser takes must not be called malformed here, and the other way round.
                return isJson != e.Errors[0].Message.StartsWith("line ", StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(3000)));

    [Test]
    public void Read_ExchangedValues_GivesASpecOrADocumentException() =>
        Prop.ForAll(Seeds, seed =>
        {
            string json = DamagedJson.WithExchangedValues(Documents.Full, new Random(seed));
            try
            {
                return SurvivesWriting(Documents.Read(json));
            }
            catch (DocumentException e)
            {
                return e.Errors.Count > 0 && e.Errors.All(error => error.Message.Length is > 0 and < 1000);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(3000)));

    private static bool SurvivesWriting(Spec spec)
    {
        string once = Documents.Write(spec);
        return Documents.Write(Documents.Read(once)) == once;
    }
}
