using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Native.Child;

/// <summary>A page of memory with machine code: written first, then executable and no longer writable. It stays for the life of the process.</summary>
internal static unsafe class CodePage
{
    private const int PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32;

    public static nint Map(ReadOnlySpan<byte> code)
    {
        nint page = Check.Ok(Kernel.Call(SYS.mmap, 0, code.Length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap", "code");
        // SAFETY: the mapping is new, writable, and at least as long as the code.
        code.CopyTo(new Span<byte>((void*)page, code.Length));
        Check.Ok(Kernel.Call(SYS.mprotect, page, code.Length, PROT_READ | PROT_EXEC), "mprotect", "code");
        return page;
    }
}
