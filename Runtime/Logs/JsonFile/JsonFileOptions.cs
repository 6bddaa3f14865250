namespace Vessel.Logs.JsonFile;

/// <summary>When the files of a log are rotated (docker's <c>max-size</c> and <c>max-file</c>).</summary>
/// <param name="MaximumBytes">A file that would become larger is rotated; null never rotates.</param>
/// <param name="MaximumFiles">How many files are kept, the current one among them; at least 1.</param>
public sealed record JsonFileOptions(long? MaximumBytes = 10_000_000, int MaximumFiles = 3);
