using System.ComponentModel;
using System.Diagnostics;

namespace Vessel.Images.Layers;

/// <summary>Undoes what no registry takes, but people's archives are packed with: xz and bzip2, by the programs of that name, as docker does.</summary>
internal static class ExternalCompression
{
    private const int MagicBytes = 6;
    private const int ChunkBytes = 1 << 17;

    /// <summary>What is in the stream: xz and bzip2 undone, anything else as it is.</summary>
    public static Stream Unpack(Stream packed)
    {
        byte[] start = new byte[MagicBytes];
        int length = packed.ReadAtLeast(start, MagicBytes, throwOnEndOfStream: false);
        Stream whole = new PrefixedStream(start.AsMemory(0, length), packed);
        return start switch
        {
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => new ProgramOutput("xz", "xz-utils", whole),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => new ProgramOutput("bzip2", "bzip2", whole),
            _ => whole,
        };
    }

    private sealed class ProgramOutput : Content.ReadOnlyStream
    {
        private readonly string program;
        private readonly Process process;
        private readonly Task feeding;
        private readonly Task<string> errors;
        private bool hasEnded;

        public ProgramOutput(string program, string package, Stream input)
        {
            this.program = program;
            string path = ProgramSearch.Find(program) ?? throw new ImageException(ImageErrorKind.Unsupported, $"the archive is compressed by {program}, which is in no folder of PATH; `apt-get install {package}`");
            try
            {
                process = Process.Start(new ProcessStartInfo(path, ["-d", "-c"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            }
            catch (Win32Exception e)
            {
                throw new ImageException(ImageErrorKind.Unsupported, $"the archive is compressed by {program}, which cannot be run here ({e.Message.ToLowerInvariant()})", e);
            }
            errors = process.StandardError.ReadToEndAsync();
            feeding = Task.Factory.StartNew(() => Feed(input), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public override int Read(Span<byte> buffer)
        {
            int count = hasEnded ? 0 : process.StandardOutput.BaseStream.Read(buffer);
            if (count == 0 && buffer.Length > 0)
                End();
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (!process.HasExited)
                process.Kill();
            // best effort: it ends with its reader, and why it did was told by Read.
            feeding.ContinueWith(static t => t.Exception, TaskScheduler.Default);
            process.Dispose();
            base.Dispose(disposing);
        }

        private void Feed(Stream input)
        {
            try
            {
                input.CopyTo(process.StandardInput.BaseStream, ChunkBytes);
            }
            catch (IOException) when (process.HasExited)
            {
                // It has found something wrong, and says so itself.
            }
            finally
            {
                // Whatever went wrong with the input, it waits for no more.
                process.StandardInput.Close();
            }
        }

        // Only its exit code tells whether that was all.
        private void End()
        {
            if (hasEnded)
                return;
            hasEnded = true;
            process.WaitForExit();
            // An input that broke off is why the rest is missing.
            feeding.GetAwaiter().GetResult();
            if (process.ExitCode != 0)
                throw new ImageException(ImageErrorKind.Corrupt, $"{program} cannot decompress it: {errors.GetAwaiter().GetResult().Trim()}");
        }
    }
}
