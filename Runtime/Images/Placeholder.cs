namespace Vessel.Images;

internal static class Placeholder;
