using System.Text.RegularExpressions;
using NUnit.Framework;
using Vessel.Native.Child;
using Vessel.Tests.Support;

namespace Vessel.Tests.NativeSuite;

/// <summary>
/// What runs between clone and execve is machine code that we wrote. It is what the words beside it say, and it can do nothing but load, store,
/// compare, branch and make system calls: no call into other code, no stack, no allocation, no lock.
/// </summary>
public sealed partial class WalkerTests
{
    private static readonly string[] WalkerInstructions =
        ["mov", "movabs", "movzx", "lea", "imul", "xor", "test", "cmp", "neg", "add", "dec", "and", "je", "jne", "js", "ja", "jmp", "syscall", "push", "pop", "ret"];

    [TestCase("Walker.X64.cs", "as", "binutils", ".intel_syntax noprefix\n")]
    [TestCase("SignalRelay.cs", "as", "binutils", ".intel_syntax noprefix\n")]
    [TestCase("Walker.Arm64.cs", "aarch64-linux-gnu-as", "binutils-aarch64-linux-gnu", "")]
    public void Bytes_AreWhatAnAssemblerMakesOfTheWordsBesideThem(string source, string assembler, string package, string header)
    {
        if (assembler != "as" && Require.Find(assembler) is null)
        {
            TestContext.Out.WriteLine($"left out: arm64's code, compared by {assembler} ({package})");
            return;
        }
        string text = File.ReadAllText(Path.Combine(Host.ProjectFolder, "Runtime.Native/Child", source));
        // The relay's arm64 part stands behind its x86-64 part.
        if (source == "SignalRelay.cs")
            text = text[..text.IndexOf("Arm64 =>", StringComparison.Ordinal)];
        List<byte> ours = [];
        System.Text.StringBuilder assembly = new(header);
        foreach (Match line in CodeLine().Matches(text))
        {
            foreach (Match value in HexByte().Matches(line.Groups["bytes"].Value))
                ours.Add(Convert.ToByte(value.Groups[1].Value, 16));
            assembly.Append(line.Groups["words"].Value).Append('\n');
        }
        Assert.That(ours, Has.Count.GreaterThan(20));
        Assert.That(Assemble(assembler, assembly.ToString()), Is.EqualTo(ours.ToArray()));
    }

    [Test]
    public void Walker_HasNoInstructionThatCouldLeaveIt()
    {
        string[] lines = Disassemble(Walker.Code);
        List<string> mnemonics = [];
        List<string> foreign = [];
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            mnemonics.Add(words[0]);
            if (!WalkerInstructions.Contains(words[0]))
                foreign.Add(line);
        }
        Assert.That(foreign, Is.Empty, "instructions that are not of the walker's few");
        // Six of each belong to `spawn`, in the parent: what it saves before the clone and takes back after it. The child's way never meets them.
        Assert.That(mnemonics.Count(m => m == "push"), Is.EqualTo(6));
        Assert.That(mnemonics.Count(m => m == "pop"), Is.EqualTo(6));
        Assert.That(mnemonics.Count(m => m == "ret"), Is.EqualTo(1));
        Assert.That(mnemonics.Count(m => m == "syscall"), Is.EqualTo(2));
        Assert.That(lines.Where(l => l.Contains('[') && (l.Contains("rsp") || l.Contains("rip") || l.Contains("fs:"))), Is.Empty, "memory beside the program's own");
        Assert.That(lines.Where(l => l.StartsWith("jmp") && l.Contains('[')), Is.Empty, "a jump to an address from memory");
    }

    [Test]
    public void Walker_FitsItsPage() => Assert.That(Walker.Code.Length, Is.LessThan(4096 - 0x100));

    private static string[] Disassemble(ReadOnlySpan<byte> code)
    {
        string objdump = Require.Program("objdump", "binutils");
        string folder = Directory.CreateTempSubdirectory("vessel-walker-").FullName;
        try
        {
            File.WriteAllBytes(folder + "/code", code.ToArray());
            string text = new Launch(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", folder + "/code").Start().Wait().Succeeded().Output;
            return DisassembledLine().Matches(text).Select(m => m.Groups[1].Value.Trim()).ToArray();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Assemble(string assembler, string assembly)
    {
        string folder = Directory.CreateTempSubdirectory("vessel-walker-").FullName;
        try
        {
            File.WriteAllText(folder + "/code.s", assembly);
            string path = Require.Program(assembler, "binutils");
            new Launch(path, "-o", folder + "/code.o", folder + "/code.s").Start().Wait().Succeeded();
            string objcopy = Require.Program(assembler[..^2] + "objcopy", "binutils");
            new Launch(objcopy, "-O", "binary", "-j", ".text", folder + "/code.o", folder + "/code.bin").Start().Wait().Succeeded();
            return File.ReadAllBytes(folder + "/code.bin");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // `0x0f, 0x05,   // syscall`, or a label: `// begin:`.
    [GeneratedRegex(@"^        (?<bytes>(?:0x[0-9a-f]{2}, ?)*) *// (?<words>\S.*)$", RegexOptions.Multiline)]
    private static partial Regex CodeLine();

    [GeneratedRegex("0x([0-9a-f]{2})")]
    private static partial Regex HexByte();

    [GeneratedRegex(@"^ +[0-9a-f]+:\t(.*)$", RegexOptions.Multiline)]
    private static partial Regex DisassembledLine();
}
