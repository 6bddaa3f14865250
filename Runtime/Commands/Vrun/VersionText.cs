using System.Reflection;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun;

/// <summary>What <c>--version</c> prints: the lines that tools read of runc.</summary>
internal static class VersionText
{
    /// <summary>The version alone: <c>0.1.0</c>.</summary>
    public static string Number => Informational.Split('+')[0];

    /// <summary>The commit it was built from; empty where the build did not know.</summary>
    public static string Commit => Informational.Split('+') is [_, { } commit, ..] ? commit : "";

    private static string Informational => typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>All lines.</summary>
    public static string Get() => $"vrun version {Number}\n{(Commit.Length > 0 ? $"commit: {Commit}\n" : "")}spec: {OciVersion.Current}\n";
}
