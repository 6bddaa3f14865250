namespace Vessel.Commands.Vessel;

internal static class Program
{
    public static int Main() => 0;
}
