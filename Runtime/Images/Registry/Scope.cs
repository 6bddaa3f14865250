namespace Vessel.Images.Registry;

/// <summary>What a request needs to be allowed (distribution's token scope): <c>repository:library/alpine:pull</c>.</summary>
internal static class Scope
{
    public const string Catalog = "registry:catalog:*";

    public static string Pull(string repository) => $"repository:{repository}:pull";

    public static string Delete(string repository) => $"repository:{repository}:delete";

    public static string Push(string repository) => $"repository:{repository}:pull,push";
}
