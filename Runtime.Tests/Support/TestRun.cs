using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Support
{
    /// <summary>This run of the tests: its folder, and the prefix of all names that it gives to things of the host.</summary>
    internal static class TestRun
    {
        private static int boxes;

        /// <summary>What all container ids and cgroups of this run begin with.</summary>
        public static string Prefix { get; } = $"vt{Environment.ProcessId}";

        /// <summary>A short path: sockets have room for 107 bytes.</summary>
        public static string Folder { get; } = MakeFolder();

        /// <summary>The next test's number.</summary>
        public static int NextBox() => Interlocked.Increment(ref boxes);

        // The script that started us looks afterwards for things of this name (build/leftovers).
        private static string MakeFolder()
        {
            if (Environment.GetEnvironmentVariable("VESSEL_TEST_HOSTS") is { Length: > 0 } list)
                File.AppendAllText(list, Prefix + "\n");
            return Directory.CreateDirectory($"/tmp/{Prefix}").FullName;
        }
    }
}

namespace Vessel.Tests
{
    /// <summary>At the end of all tests: nothing is left of any of them.</summary>
    [SetUpFixture]
    public sealed class WholeRun
    {
        [OneTimeTearDown]
        public static void NothingIsLeft()
        {
            if (!Directory.Exists(TestRun.Folder))
                return;
            IReadOnlyList<string> left = Leftovers.Of(TestRun.Folder, new($"{TestRun.Prefix}n[0-9]"));
            if (left.Count == 0)
                Directory.Delete(TestRun.Folder, recursive: true);
            Assert.That(left, Is.Empty, "left behind by the run");
        }
    }
}
