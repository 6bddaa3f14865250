namespace Vessel.Native.Child;

public static partial class Walker
{
    // Where `spawn` begins in the code below.
    private const int X64Spawn = 7;

    /// <summary>The walker for x86-64. Each line is one instruction; the words beside it are what an assembler makes these bytes of.</summary>
    internal static ReadOnlySpan<byte> X64 =>
    [
        // start:
        0xbb, 0x00, 0x10, 0x20, 0x00,                // mov ebx, 0x201000
        0xeb, 0x2e,                                  // jmp begin
        // spawn:
        0x53,                                        // push rbx
        0x55,                                        // push rbp
        0x41, 0x54,                                  // push r12
        0x41, 0x55,                                  // push r13
        0x41, 0x56,                                  // push r14
        0x41, 0x57,                                  // push r15
        0x48, 0x89, 0xfb,                            // mov rbx, rdi
        0x48, 0x89, 0xf0,                            // mov rax, rsi
        0x48, 0x89, 0xd7,                            // mov rdi, rdx
        0x48, 0x89, 0xce,                            // mov rsi, rcx
        0x4c, 0x89, 0xc2,                            // mov rdx, r8
        0x4d, 0x89, 0xca,                            // mov r10, r9
        0x0f, 0x05,                                  // syscall
        0x48, 0x85, 0xc0,                            // test rax, rax
        0x74, 0x0b,                                  // jz begin
        0x41, 0x5f,                                  // pop r15
        0x41, 0x5e,                                  // pop r14
        0x41, 0x5d,                                  // pop r13
        0x41, 0x5c,                                  // pop r12
        0x5d,                                        // pop rbp
        0x5b,                                        // pop rbx
        0xc3,                                        // ret
        // begin:
        0x48, 0x8b, 0x2b,                            // mov rbp, [rbx]
        0x4c, 0x8b, 0x63, 0x08,                      // mov r12, [rbx+8]
        0x44, 0x8b, 0x73, 0x10,                      // mov r14d, [rbx+16]
        0x31, 0xc9,                                  // xor ecx, ecx
        // go:
        0x6b, 0xc9, 0x48,                            // imul ecx, ecx, 72
        0x48, 0x8d, 0x5c, 0x0d, 0x00,                // lea rbx, [rbp+rcx]
        0x44, 0x0f, 0xb6, 0x7b, 0x04,                // movzx r15d, byte ptr [rbx+4]
        0x48, 0x8b, 0x7b, 0x08,                      // mov rdi, [rbx+8]
        0x41, 0xf6, 0xc7, 0x01,                      // test r15b, 1
        0x74, 0x04,                                  // jz a1
        0x49, 0x8b, 0x3c, 0xfc,                      // mov rdi, [r12+rdi*8]
        // a1:
        0x48, 0x8b, 0x73, 0x10,                      // mov rsi, [rbx+16]
        0x41, 0xf6, 0xc7, 0x02,                      // test r15b, 2
        0x74, 0x04,                                  // jz a2
        0x49, 0x8b, 0x34, 0xf4,                      // mov rsi, [r12+rsi*8]
        // a2:
        0x48, 0x8b, 0x53, 0x18,                      // mov rdx, [rbx+24]
        0x41, 0xf6, 0xc7, 0x04,                      // test r15b, 4
        0x74, 0x04,                                  // jz a3
        0x49, 0x8b, 0x14, 0xd4,                      // mov rdx, [r12+rdx*8]
        // a3:
        0x4c, 0x8b, 0x53, 0x20,                      // mov r10, [rbx+32]
        0x41, 0xf6, 0xc7, 0x08,                      // test r15b, 8
        0x74, 0x04,                                  // jz a4
        0x4f, 0x8b, 0x14, 0xd4,                      // mov r10, [r12+r10*8]
        // a4:
        0x4c, 0x8b, 0x43, 0x28,                      // mov r8, [rbx+40]
        0x41, 0xf6, 0xc7, 0x10,                      // test r15b, 16
        0x74, 0x04,                                  // jz a5
        0x4f, 0x8b, 0x04, 0xc4,                      // mov r8, [r12+r8*8]
        // a5:
        0x4c, 0x8b, 0x4b, 0x30,                      // mov r9, [rbx+48]
        0x41, 0xf6, 0xc7, 0x20,                      // test r15b, 32
        0x74, 0x04,                                  // jz a6
        0x4f, 0x8b, 0x0c, 0xcc,                      // mov r9, [r12+r9*8]
        // a6:
        0x8b, 0x03,                                  // mov eax, [rbx]
        0x85, 0xc0,                                  // test eax, eax
        0x78, 0x59,                                  // js pseudo
        0x0f, 0x05,                                  // syscall
        0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff,          // cmp rax, -4096
        0x77, 0x0e,                                  // ja error
        // ok:
        0x0f, 0xb7, 0x4b, 0x06,                      // movzx ecx, word ptr [rbx+6]
        0x49, 0x89, 0x04, 0xcc,                      // mov [r12+rcx*8], rax
        0x0f, 0xb7, 0x4b, 0x44,                      // movzx ecx, word ptr [rbx+68]
        0xeb, 0x81,                                  // jmp go
        // error:
        0xf7, 0xd8,                                  // neg eax
        0x49, 0x89, 0x44, 0x24, 0x08,                // mov [r12+8], rax
        0x48, 0x8d, 0x53, 0x38,                      // lea rdx, [rbx+56]
        0xbe, 0x03, 0x00, 0x00, 0x00,                // mov esi, 3
        // next:
        0x0f, 0xb7, 0x0a,                            // movzx ecx, word ptr [rdx]
        0x81, 0xf9, 0xff, 0xff, 0x00, 0x00,          // cmp ecx, 0xffff
        0x74, 0x1d,                                  // je handled
        0x39, 0xc1,                                  // cmp ecx, eax
        0x74, 0x19,                                  // je handled
        0x48, 0x83, 0xc2, 0x04,                      // add rdx, 4
        0xff, 0xce,                                  // dec esi
        0x75, 0xe9,                                  // jnz next
        0x0f, 0xb7, 0x4b, 0x46,                      // movzx ecx, word ptr [rbx+70]
        0x49, 0x89, 0x4c, 0x24, 0x10,                // mov [r12+16], rcx
        0x44, 0x89, 0xf1,                            // mov ecx, r14d
        0xe9, 0x49, 0xff, 0xff, 0xff,                // jmp go
        // handled:
        0x0f, 0xb7, 0x4a, 0x02,                      // movzx ecx, word ptr [rdx+2]
        0xe9, 0x40, 0xff, 0xff, 0xff,                // jmp go
        // pseudo:
        0x3c, 0x01,                                  // cmp al, 1
        0x74, 0x0d,                                  // je load
        0x3c, 0x02,                                  // cmp al, 2
        0x74, 0x0f,                                  // je store
        0x3c, 0x03,                                  // cmp al, 3
        0x74, 0x11,                                  // je branch
        0x48, 0x89, 0xf8,                            // mov rax, rdi
        0xeb, 0xa0,                                  // jmp ok
        // load:
        0x8b, 0x07,                                  // mov eax, [rdi]
        0x21, 0xf0,                                  // and eax, esi
        0xeb, 0x9a,                                  // jmp ok
        // store:
        0x89, 0x37,                                  // mov [rdi], esi
        0x31, 0xc0,                                  // xor eax, eax
        0xeb, 0x94,                                  // jmp ok
        // branch:
        0x31, 0xc0,                                  // xor eax, eax
        0x48, 0x39, 0xf7,                            // cmp rdi, rsi
        0x75, 0x8d,                                  // jne ok
        0x89, 0xd1,                                  // mov ecx, edx
        0xe9, 0x15, 0xff, 0xff, 0xff,                // jmp go
    ];
}
