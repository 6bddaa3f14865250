using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>The pages that a reader follows: <c>build/docs-test</c> runs their commands in a world of their own.</summary>
[Category("Root")]
public sealed class DocumentTests : KernelTest
{
    private const int LongEnough = 300_000;

    private static string[] Pages
    {
        get
        {
            string project = Host.ProjectFolder;
            return [
                "README.md", "CONTRIBUTING.md", "SECURITY.md",
                .. Directory.GetFiles(project + "/docs", "*.md").Select(page => Path.GetRelativePath(project, page)).Order(StringComparer.Ordinal),
            ];
        }
    }

    [TestCaseSource(nameof(Pages))]
    public void Commands_PrintWhatThePageShows(string page) => TestPage(page).Succeeded();

    [TestCase("""
        ```console
        $ echo one
        two
        ```
        """, "page.md:2: $ echo one", "the page shows:\ntwo\n-- it printed:\none")]
    [TestCase("""
        ```sh
        true
        false || test -e /nowhere
        ```
        """, "page.md:3: $ false || test -e /nowhere", "exit code 1")]
    [TestCase("""
        ```console
        $ sh -c 'echo right; exit 3'
        right
        ```
        """, "page.md:2: $ sh -c", "exit code 3")]
    [TestCase("Indented:\n\n    ls\n", "line 3: an indented block", "```sh")]
    [TestCase("```\nls\n```\n", "line 1: a block without a language", "console")]
    [TestCase("""
        ```console
        $ echo 12345; echo 12
        99999
        13
        ```
        """, "99999\n13", "12345\n12")]
    public void PageThatIsWrong_IsFound(string text, string place, string reason)
    {
        string page = Box.Folder + "/page.md";
        File.WriteAllText(page, text);
        Outcome outcome = TestPage(page);
        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.ToString());
        Assert.That(outcome.Output, Does.Contain(place).And.Contain(reason));
    }

    [Test]
    public void CommandsThatCannotRun_AreCountedWithTheirReason_AndStateIsKeptBetweenBlocks()
    {
        string page = Box.Folder + "/page.md";
        File.WriteAllText(page, """
            <!-- not run: needs a moon -->
            ```sh
            false
            ```

            ```sh
            mkdir here && cd here
            word=kept
            ```

            ```console
            $ echo $word in $(basename $PWD), process 99999999999
            kept in here, ... 12345678901
            $ (exit 7)
            $ echo $?
            7
            ```
            """);
        Assert.That(TestPage(page).Succeeded().Output, Is.EqualTo($"{page}: 5 commands run, 1 not run: 1 needs a moon\n"));
    }

    private Outcome TestPage(string page)
    {
        Require.Program("docker-registry", "docker-registry");
        Require.Program("ip", "iproute2");
        Require.Program("busybox", "busybox-static");
        Require.Program("strace", "strace");
        Require.Program("newuidmap", "uidmap");
        Require.Path(Host.ProjectFolder + "/out/bin/vessel", "make build");
        Launch launch = new(Require.Program("python3", "python3"), Host.ProjectFolder + "/build/docs-test", page);
        launch.Environment.Add($"TMPDIR={Box.Folder}");
        return launch.Start().Wait(LongEnough);
    }
}
