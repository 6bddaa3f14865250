using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Vessel.Oci.Json;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Oci.Image;

/// <summary>Damaged documents: the readers' only answers are a document and a <see cref="DocumentException"/>.</summary>
[TestFixture(nameof(ImageDocuments.Index))]
[TestFixture(nameof(ImageDocuments.Manifest))]
[TestFixture(nameof(ImageDocuments.Config))]
public sealed class ImageDocumentMutationTests(string kind)
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary();

    [Test]
    public void Read_DamagedText_GivesADocumentOrADocumentException() =>
        Prop.ForAll(Seeds, seed => SurvivesWriting(DamagedJson.WithDamagedText(ImageDocuments.OfKind(kind), new Random(seed))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(2000)));

    [Test]
    public void Read_ExchangedValues_GivesADocumentOrADocumentException() =>
        Prop.ForAll(Seeds, seed => SurvivesWriting(DamagedJson.WithExchangedValues(ImageDocuments.OfKind(kind), new Random(seed))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Fuzz.Times(2000)));

    private bool SurvivesWriting(string json)
    {
        string once;
        try
        {
            once = ImageDocuments.Again(kind, json);
        }
        catch (DocumentException e)
        {
            return e.Errors.Count > 0 && e.Errors.All(error => error.Message.Length is > 0 and < 1000);
        }

        return DamagedJson.IsJson(json) && ImageDocuments.Again(kind, once) == once;
    }
}
