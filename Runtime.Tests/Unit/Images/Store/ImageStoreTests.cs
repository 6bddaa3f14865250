using System.Text;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Store;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Store;

/// <summary>Images by name and id, with docker's rules of removing them.</summary>
public sealed class ImageStoreTests
{
    private readonly string folder = $"{TestRun.Folder}/u{TestRun.NextBox()}";

    [TearDown]
    public void RemoveFolder()
    {
        // Looking for an image makes no store.
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private ImageStore Store => new(folder);

    [TestCase("alpine")]
    [TestCase("alpine:latest")]
    [TestCase("docker.io/alpine")]
    [TestCase("docker.io/library/alpine:latest")]
    [TestCase("index.docker.io/library/alpine")]
    public void Find_ByName(string text)
    {
        Digest id = Add("a", "alpine:latest");
        Add("b", "alpine:other");
        Assert.That(Store.Find(text).Id, Is.EqualTo(id));
    }

    [Test]
    public void Find_ByIdAndItsBeginning()
    {
        Digest id = Add("a", "alpine:latest");
        foreach (string text in new[] { id.ToString(), id.Hex, id.Hex[..12], id.Hex[..1], "sha256:" + id.Hex[..5] })
            Assert.That(Store.Find(text).Id, Is.EqualTo(id), text);
        foreach (string text in new[] { "", "x", id.Hex.ToUpperInvariant(), id.Hex + "0", "sha512:" + id.Hex, "sha256:", "../" + id.Hex })
            Assert.That(Assert.Throws<ImageException>(() => Store.Find(text))!.Kind, Is.EqualTo(ImageErrorKind.NotFound), text);
    }

    [Test]
    public void Find_BeginningOfSeveralIds_IsAmbiguous()
    {
        List<Digest> ids = [.. Enumerable.Range(0, 17).Select(i => Add($"{i}", $"n{i}:v"))];
        string shared = ids.GroupBy(i => i.Hex[..1]).First(g => g.Count() > 1).Key;
        ImageException e = Assert.Throws<ImageException>(() => Store.Find(shared))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Invalid, $"multiple IDs found with provided prefix: {shared}")));
    }

    [Test]
    public void Find_NameThatLooksLikeAnId_IsTheName()
    {
        Digest id = Add("a", "n:v"), other = Add("b", $"{id.Hex[..4]}:latest");
        Assert.That(Store.Find(id.Hex[..4]).Id, Is.EqualTo(other));
        Assert.That(Store.Find(id.Hex[..5]).Id, Is.EqualTo(id));
        Assert.That(Text(Store.Remove(id.Hex[..4]))[0], Is.EqualTo($"Untagged {id.Hex[..4]}:latest"));
    }

    [TestCase("nope", "No such image: nope:latest")]
    [TestCase("nope:v1", "No such image: nope:v1")]
    [TestCase("r.example/a/b", "No such image: r.example/a/b:latest")]
    [TestCase("UPPER", "No such image: UPPER")]
    public void Find_Nothing(string text, string message) => Assert.That(Assert.Throws<ImageException>(() => Store.Find(text))!.Message, Is.EqualTo(message));

    [Test]
    public void Find_ByDigestOfWhatWasPulled()
    {
        Digest id = Add("a", "n:v", $"n@{Digest.Of([1])}");
        Assert.That(Store.Find($"n@{Digest.Of([1])}").Id, Is.EqualTo(id));
        Assert.That(Store.Find($"n:whatever@{Digest.Of([1])}").Id, Is.EqualTo(id));
        Assert.Throws<ImageException>(() => Store.Find($"other@{Digest.Of([1])}"));
    }

    [Test]
    public void Tag_IsAnotherName_AndTakesItFromWhoHadIt()
    {
        Digest a = Add("a", "a:v"), b = Add("b", "b:v");
        Store.Tag("a:v", ImageReference.Parse("c"));
        Store.Tag(a.Short, ImageReference.Parse("d:v"));
        Assert.That(Store.Find("c:latest").Names.Select(n => n.FamiliarText), Is.EqualTo(new[] { "a:v", "c:latest", "d:v" }));
        Store.Tag("b:v", ImageReference.Parse("a:v"));
        Assert.That(Store.Find("a:v").Id, Is.EqualTo(b));
        Assert.That(Store.Find("d:v").Id, Is.EqualTo(a));
        // Its last names go to another image: it stays, without one.
        Store.Tag("b:v", ImageReference.Parse("c"));
        Store.Tag("b:v", ImageReference.Parse("d:v"));
        Assert.That(Store.Find(a.ToString()).Names, Is.Empty);
        Assert.That(Store.List().Select(i => i.Id), Is.EquivalentTo(new[] { a, b }));
    }

    [Test]
    public void Tag_WithADigest_OrOfNothing_IsRefused()
    {
        Add("a", "a:v");
        Assert.That(Assert.Throws<ImageException>(() => Store.Tag("a:v", ImageReference.Parse($"b@{Digest.Of([])}")))!.Message, Is.EqualTo("refusing to create a tag with a digest reference"));
        Assert.That(Assert.Throws<ImageException>(() => Store.Tag("nope", ImageReference.Parse("b")))!.Kind, Is.EqualTo(ImageErrorKind.NotFound));
        Assert.That(Store.List().Single().Names, Has.Count.EqualTo(1));
    }

    [TestCase("sha256:1"), TestCase("sha256"), TestCase("docker.io/sha256:x"), TestCase("docker.io/library/sha256"), TestCase("sha512:abc")]
    public void NameThatLooksLikeADigest_IsRefused(string name)
    {
        Digest id = Add("a", "a:v");
        Assert.That(Assert.Throws<ImageException>(() => Store.Tag("a:v", ImageReference.Parse(name)))!.Message, Is.EqualTo("refusing to create an ambiguous tag using digest algorithm as name"));
        Assert.That(Assert.Throws<ImageException>(() => Add("b", name))!.Kind, Is.EqualTo(ImageErrorKind.Invalid));
        Assert.Throws<ImageException>(() => Store.AddName(id, ImageReference.Parse(name)));
        Assert.That(Store.List().Single().Names.Select(n => n.FamiliarText), Is.EqualTo(new[] { "a:v" }));
    }

    // By an earlier version, which let such names through.
    [Test]
    public void FullId_MeansTheImageWithThatId_WhateverNamesThereAre()
    {
        Digest good = Add("good", "good:v"), evil = Add("evil", "evil:v");
        string names = folder + "/images/names.json";
        File.WriteAllText(names, File.ReadAllText(names).Replace("docker.io/library/evil:v", $"docker.io/library/{good}"));
        Assert.That(Store.Find(good.ToString()).Id, Is.EqualTo(good));
        Assert.That(Store.Find(good.ToString()[..20]).Id, Is.EqualTo(good));
        Store.Tag(good.ToString(), ImageReference.Parse("again:v"));
        Assert.That(Store.Find("again:v").Id, Is.EqualTo(good));
        // The name in full is a name still, so that it can be removed; `system check` reports it.
        Assert.That(StoreCheck.Run(Store, repair: false).Problems, Has.Some.EqualTo($"name {good} of image {evil} looks like the id of another image"));
        Assert.That(Text(Store.Remove($"docker.io/library/{good}")), Does.Contain($"Deleted {evil}"));
        Assert.That(Text(Store.Remove(good.ToString(), force: true)), Does.Contain($"Deleted {good}"));
    }

    [Test]
    public void Remove_OneOfSeveralNames_TakesTheName()
    {
        Digest id = Add("a", "a:v", "a:w", $"a@{Digest.Of([1])}");
        Assert.That(Text(Store.Remove("a:v")), Is.EqualTo(new[] { "Untagged a:v" }));
        Assert.That(Store.Find(id.Short).Names, Has.Count.EqualTo(2));
    }

    [Test]
    public void Remove_TheLastTag_TakesTheDigestsToo_AndTheImage()
    {
        Digest id = Add("a", "a:v", $"a@{Digest.Of([1])}", $"a@{Digest.Of([2])}");
        Assert.That(Text(Store.Remove("a:v")), Is.EqualTo(new[] { "Untagged a:v", $"Untagged a@{Digest.Of([1])}", $"Untagged a@{Digest.Of([2])}", $"Deleted {id}" }.OrderBy(t => t == "Untagged a:v" ? 0 : t.StartsWith('D') ? 2 : 1).ThenBy(t => t)));
        AssertEmpty();
    }

    [Test]
    public void Remove_TheLastTagOfARepository_LeavesTheOtherRepositories()
    {
        Digest id = Add("a", "a:v", $"a@{Digest.Of([1])}", "b:v");
        Assert.That(Text(Store.Remove("a:v")), Is.EqualTo(new[] { "Untagged a:v", $"Untagged a@{Digest.Of([1])}" }));
        Assert.That(Store.Find("b:v").Id, Is.EqualTo(id));
    }

    [Test]
    public void Remove_ByDigest_TakesThatNameAlone()
    {
        Digest id = Add("a", "a:v", $"a@{Digest.Of([1])}", $"a@{Digest.Of([2])}");
        Assert.That(Text(Store.Remove($"a@{Digest.Of([1])}")), Is.EqualTo(new[] { $"Untagged a@{Digest.Of([1])}" }));
        Assert.That(Text(Store.Remove("a:v")), Has.Length.EqualTo(3));
        Add("a", $"a@{Digest.Of([1])}", $"a@{Digest.Of([2])}");
        Assert.That(Text(Store.Remove($"a@{Digest.Of([1])}")), Has.Length.EqualTo(1));
        Assert.That(Text(Store.Remove($"a@{Digest.Of([2])}")), Is.EqualTo(new[] { $"Untagged a@{Digest.Of([2])}", $"Deleted {id}" }));
        AssertEmpty();
    }

    [Test]
    public void Remove_ById_TakesOneTagAndItsDigests_AndSeveralOnlyByForce()
    {
        Digest id = Add("a", "a:v", $"a@{Digest.Of([1])}");
        Assert.That(Text(Store.Remove(id.Short)), Has.Length.EqualTo(3));
        AssertEmpty();
        Add("a", "a:v", "a:w");
        Assert.That(Assert.Throws<ImageException>(() => Store.Remove(id.Short))!.Kind, Is.EqualTo(ImageErrorKind.InUse));
        Assert.That(Text(Store.Remove(id.Short, force: true)), Has.Length.EqualTo(3));
        AssertEmpty();
        Add("a", "a:v", "b:v");
        ImageException e = Assert.Throws<ImageException>(() => Store.Remove(id.ToString()))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.InUse, $"conflict: unable to delete {id.Short} (must be forced) - image is referenced in multiple repositories")));
        Assert.That(Store.Find("a:v").Names, Has.Count.EqualTo(2));
        Assert.That(Text(Store.Remove(id.ToString(), force: true)), Is.EqualTo(new[] { "Untagged a:v", "Untagged b:v", $"Deleted {id}" }));
        AssertEmpty();
    }

    [Test]
    public void Remove_AnImageWithoutNames()
    {
        Digest id = Add("a");
        Assert.That(Text(Store.Remove(id.Short)), Is.EqualTo(new[] { $"Deleted {id}" }));
        AssertEmpty();
    }

    [Test]
    public void Remove_KeepsWhatAnotherImageHas()
    {
        Digest a = Add("a", "a:v"), b = Add("b", "b:v");
        Store.Remove("a:v");
        Assert.That(Store.Content.Contains(a), Is.False);
        Assert.That(Store.Content.Contains(b));
        Assert.That(Store.Find("b:v").Config.Author, Is.EqualTo("b"));
    }

    [Test]
    public void List_TheNewestFirst() =>
        Assert.That(new[] { ("a", "2024-01-01T00:00:00Z"), ("b", "2026-01-01T00:00:00Z"), ("c", "2025-01-01T00:00:00Z") }
            .Select(i => Add(i.Item1, i.Item2, [$"{i.Item1}:v"])).ToList() is var ids ? Store.List().Select(i => i.Id) : [], Is.EqualTo(new[] { ids[1], ids[2], ids[0] }));

    [TestCase("{")]
    [TestCase("{\"version\":2,\"names\":{}}")]
    [TestCase("{\"version\":1,\"names\":{\"NO\":\"sha256:x\"}}")]
    public void Names_ThatAreDamaged_AreAnErrorThatNamesTheFile(string text)
    {
        Add("a", "a:v");
        File.WriteAllText(folder + "/images/names.json", text);
        Assert.That(Assert.Throws<DocumentException>(() => Store.Find("a:v"))!.Message, Does.Contain("images/names.json"));
    }

    [Test]
    public void Document_ThatTheDiskHasChanged_IsNoticed()
    {
        Digest id = Add("a", "a:v");
        File.AppendAllText(Store.Folder.Blob(id), " ");
        Assert.That(Assert.Throws<ImageException>(() => _ = Store.Find("a:v").Config)!.Kind, Is.EqualTo(ImageErrorKind.Corrupt));
    }

    [Test]
    public void Folders_AreForTheirOwnerAlone()
    {
        Add("a", "a:v");
        foreach (string entry in Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories))
            Assert.That((int)File.GetUnixFileMode(entry) & 0x3f, Is.Zero, entry);
    }

    [Test]
    public void ManyAtOnce_LoseNoName()
    {
        Add("a", "a:v");
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Store.Tag("a:v", ImageReference.Parse($"n:t{i}")));
        Assert.That(Store.Find("a:v").Names, Has.Count.EqualTo(61));
    }

    private Digest Add(string author, params string[] names) => Add(author, "2026-01-01T00:00:00Z", names);

    // An image without layers.
    private Digest Add(string author, string created, string[] names)
    {
        ImageStore store = Store;
        byte[] config = Encoding.UTF8.GetBytes($$$"""{"author":"{{{author}}}","created":"{{{created}}}","os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}""");
        Digest id = Digest.Of(config);
        store.Content.AddDocument(id, config);
        store.Keep(id, new ImageRecord(id, id, [], []), [.. names.Select(ImageReference.Parse)]);
        return id;
    }

    private void AssertEmpty()
    {
        Assert.That(Store.List(), Is.Empty);
        Assert.That(Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)), Is.EquivalentTo(new[] { "lock", "images/names.json" }));
    }

    private static string[] Text(IReadOnlyList<RemovedItem> removed) => [.. removed.Select(r => r.Untagged is null ? $"Deleted {r.Deleted}" : $"Untagged {r.Untagged}")];
}
