using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using Vessel.Native.Safe;

namespace Vessel.Tests.Standalone;

/// <summary>Runs the tests of this executable: <c>vessel-tests [--category NAME]… [--not-category NAME]… [--name REGEX] [--results FILE.trx]</c>.</summary>
/// <remarks>All categories named must hold. The exit code is 0 when something ran and nothing failed.</remarks>
internal static class Program
{
    // NUnit asks for these by name.
    [DynamicDependency("Length", typeof(Array))]
    [DynamicDependency("Length", typeof(string))]
    [DynamicDependency("Count", typeof(List<string>))]
    [DynamicDependency("Count", typeof(List<int>))]
    public static int Main(string[] args)
    {
        ResourceLimits.RaiseOpenFiles();
        string filter = "";
        string? results = null;
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            string value = args[i + 1];
            switch (args[i])
            {
                case "--category": filter += $"<cat>{Escape(value)}</cat>"; break;
                case "--not-category": filter += $"<not><cat>{Escape(value)}</cat></not>"; break;
                case "--name": filter += $"<test re='1'>{Escape(value)}</test>"; break;
                case "--results": results = value; break;
                default:
                    Console.Error.WriteLine($"vessel-tests: no option {args[i]}");
                    return 2;
            }
        }
        NUnitTestAssemblyRunner runner = new(new DefaultTestAssemblyBuilder());
        runner.Load("vessel-tests", new Dictionary<string, object>());
        // While a test runs, NUnit has the console to itself.
        Report report = new(Console.Out);
        runner.Run(report, filter.Length == 0 ? TestFilter.Empty : TestFilter.FromXml($"<filter><and>{filter}</and></filter>"));
        if (results is not null)
            File.WriteAllText(results, report.ToTrx());
        Console.WriteLine(report.Summary);
        return report.IsGood ? 0 : 1;
    }

    // As .NET's own hosts do, which our compiled program has not.
    private static string Escape(string text) =>
        string.Concat(text.Where(c => c >= ' ' || c is '\n' or '\t')).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");

    /// <summary>Prints what fails as it fails, and keeps all results.</summary>
    private sealed class Report(TextWriter output) : ITestListener
    {
        private readonly List<(string Name, string Outcome, double Seconds, string Message)> results = [];
        private readonly Lock guard = new();

        public bool IsGood => Count("Failed") == 0 && Count("Passed") > 0;

        public string Summary => $"{Count("Passed")} passed, {Count("Failed")} failed, {Count("NotExecuted")} skipped";

        public void TestStarted(ITest test)
        {
        }

        public void TestFinished(ITestResult result)
        {
            // The failure of a fixture's own set-up or end is its own; otherwise only tests count.
            if (result.Test.IsSuite && result.ResultState.Site is FailureSite.Test or FailureSite.Child or FailureSite.Parent)
                return;
            string outcome = result.ResultState.Status switch { TestStatus.Passed or TestStatus.Warning => "Passed", TestStatus.Failed => "Failed", _ => "NotExecuted" };
            string message = $"{result.Message}\n{result.StackTrace}".Trim();
            lock (guard)
            {
                results.Add((result.FullName, outcome, result.Duration, message));
                if (outcome != "Passed")
                    output.WriteLine($"  {outcome} {result.FullName} [{result.Duration.ToString("0.0", CultureInfo.InvariantCulture)} s]\n    {message.Replace("\n", "\n    ")}");
            }
        }

        public void TestOutput(TestOutput output)
        {
        }

        public void SendMessage(TestMessage message)
        {
        }

        // As `dotnet test` writes it, so far as it is read by build/count-results and by build servers.
        public string ToTrx()
        {
            StringBuilder trx = new("""<?xml version="1.0" encoding="utf-8"?><TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>""");
            foreach ((string name, string outcome, double seconds, string message) in results)
            {
                trx.Append(CultureInfo.InvariantCulture, $"\n<UnitTestResult testName=\"{Escape(name)}\" outcome=\"{outcome}\" duration=\"{TimeSpan.FromSeconds(seconds)}\">");
                if (message.Length > 0)
                    trx.Append($"<Output><ErrorInfo><Message>{Escape(message)}</Message></ErrorInfo></Output>");
                trx.Append("</UnitTestResult>");
            }
            return trx.Append("\n</Results></TestRun>\n").ToString();
        }

        private int Count(string outcome) => results.Count(r => r.Outcome == outcome);
    }
}
