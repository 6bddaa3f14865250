using System.Text.RegularExpressions;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Architecture;

/// <summary>The rooms know each other in one direction only, and what is dangerous stays in the room that is made for it.</summary>
public sealed partial class RoomsTests
{
    private const long RuntimeBudget = 5_000_000, EngineBudget = 12_000_000;

    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Runtime.Native"] = [],
        ["Runtime/Oci"] = [],
        ["Runtime/Core"] = ["Runtime.Native", "Oci"],
        ["Runtime/Logs"] = ["Runtime.Native"],
        ["Runtime/Images"] = ["Runtime.Native", "Oci"],
        ["Runtime/Commands/CommandLine"] = [],
        ["Runtime/Commands/Vrun"] = ["Core", "CommandLine"],
        ["Runtime/Commands/Vessel"] = ["Core", "Images", "CommandLine"],
    };

    [Test]
    public void Projects_KnowOnlyTheRoomsBelowThem()
    {
        foreach ((string room, string[] known) in MayKnow)
        {
            string project = Directory.GetFiles(Path.Combine(Host.ProjectFolder, room), "*.csproj").Single();
            IEnumerable<string> references = ProjectReference().Matches(File.ReadAllText(project)).Select(m => m.Groups[1].Value);
            Assert.That(references, Is.SubsetOf(known), room);
        }
    }

    [Test]
    public void PlatformInvoke_IsOnlyInNative() => AssertAbsentOutsideNative("DllImport", "LibraryImport");

    [Test]
    public void UnsafeCode_IsOnlyInNative() => AssertAbsentOutsideNative("unsafe ", "stackalloc byte*", " Marshal.");

    [Test]
    public void EveryUnsafeType_ThatMapsMemoryOrReinterprets_SaysWhyItIsSound()
    {
        foreach (string file in Sources("Runtime.Native").Where(f => File.ReadAllText(f).Contains("delegate* unmanaged")))
            Assert.That(File.ReadAllText(file), Does.Contain("// SAFETY:"), file);
    }

    [TestCase("vrun", RuntimeBudget)]
    [TestCase("vessel", EngineBudget)]
    public void Executable_StaysSmall(string name, long budget)
    {
        string executable = Path.Combine(Host.ProjectFolder, "out/bin", name);
        Require.Path(executable, "make build");
        Assert.That(new FileInfo(executable).Length, Is.LessThanOrEqualTo(budget));
    }

    [Test]
    public void Executable_IsStatic()
    {
        string executable = Path.Combine(Host.ProjectFolder, "out/bin/vrun");
        Require.Path(executable, "make build");
        // ELF: e_type at 16 is ET_EXEC, at fixed addresses; no program header asks for an interpreter (PT_INTERP, 3).
        byte[] header = new byte[4096];
        using (FileStream file = File.OpenRead(executable))
            file.ReadExactly(header);
        Assert.That(BitConverter.ToUInt16(header, 16), Is.EqualTo(2));
        int count = BitConverter.ToUInt16(header, 56);
        int start = (int)BitConverter.ToUInt64(header, 32);
        Assert.That(Enumerable.Range(0, count).Select(i => BitConverter.ToUInt32(header, start + i * 56)), Does.Not.Contain(3u));
    }

    private static void AssertAbsentOutsideNative(params string[] words)
    {
        List<string> found = [];
        foreach (string file in Sources("Runtime"))
            foreach (string word in words)
                if (File.ReadAllText(file).Contains(word, StringComparison.Ordinal))
                    found.Add($"{file}: {word}");
        Assert.That(found, Is.Empty);
    }

    private static IEnumerable<string> Sources(string room) =>
        Directory.EnumerateFiles(Path.Combine(Host.ProjectFolder, room), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/") && !f.Contains("/bin/"));

    [GeneratedRegex("ProjectReference Include=\"[^\"]*/([^/\"]+)\\.csproj\"")]
    private static partial Regex ProjectReference();
}
