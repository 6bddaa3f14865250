namespace Vessel.Logs.JsonFile;

/// <summary>The names of a log's files: the current one, and with <c>.1</c>, <c>.2</c> … those that were rotated, the newest first.</summary>
internal static class JsonFileNames
{
    /// <summary>The name of a file by its age; 0 is the current one.</summary>
    public static string Of(string path, int age) => age == 0 ? path : $"{path}.{age}";
}
