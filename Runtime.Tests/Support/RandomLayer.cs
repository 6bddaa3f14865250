namespace Vessel.Tests.Support;

/// <summary>Small layers by chance, of few names, so that entries meet: some make no sense.</summary>
internal static class RandomLayer
{
    /// <summary>A layer with whatever may come.</summary>
    public static byte[] Next(Random random)
    {
        string[] parts = ["a", "b", "c", "dd", "\xff"];
        string Path() => string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => parts[random.Next(parts.Length)]));
        string Target() => random.Next(6) switch { 0 => "/" + Path(), 1 => "../" + Path(), 2 => "../../" + Path(), 3 => ".", 4 => "/", _ => Path() };
        TarBuilder tar = new();
        for (int entry = random.Next(3, 14); entry > 0; entry--)
        {
            string path = Path();
            if (random.Next(8) == 0)
                tar.Pax(("mtime", $"{random.Next(-5, 100)}.{random.Next(10)}"), ("SCHILY.xattr.trusted.x", $"{random.Next(3)}"), ("SCHILY.xattr.user.y", "y"));
            switch (random.Next(15))
            {
                case < 4: tar.File(path, new string('x', random.Next(3) switch { 0 => 0, 1 => random.Next(100), _ => random.Next(10_000) }), mode: (uint)random.Next(0x1000), uid: random.Next(3), time: random.Next(1000)); break;
                case < 8: tar.Directory(path, mode: (uint)random.Next(0x1000), gid: random.Next(3), time: random.Next(1000)); break;
                case < 10: tar.Link(path, Target()); break;
                case 10: tar.HardLink(path, Path()); break;
                case 11: tar.File(System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder ? $"{folder}/.wh.{System.IO.Path.GetFileName(path)}" : $".wh.{path}", time: random.Next(1000)); break;
                case 12: tar.File($"{path}/.wh..wh..opq"); break;
                case 13: tar.File($".wh..wh.plnk/{parts[entry % 3]}", path).HardLink(path, $".wh..wh.plnk/{parts[random.Next(2)]}"); break;
                default: tar.Node(random.Next(2) == 0 ? '6' : '3', path, 1, 3); break;
            }
        }
        return tar.End();
    }
}
