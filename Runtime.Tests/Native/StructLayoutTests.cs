using System.Globalization;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Tests.Support;

namespace Vessel.Tests.NativeSuite;

/// <summary>Structs, constants and numbers are those of this machine's headers: a C program tells what the compiler makes of them.</summary>
public sealed class StructLayoutTests
{
    [Test]
    public void Structs_HaveTheSizesAndOffsetsOfTheHeaders()
    {
        List<(string Expression, long Ours)> expected =
        [
            .. Struct<open_how>("struct open_how", "flags", "mode", "resolve"),
            .. Struct<mount_attr>("struct mount_attr", "attr_set", "attr_clr", "propagation", "userns_fd"),
            .. Struct<clone_args>("struct clone_args", "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls", "set_tid", "set_tid_size", "cgroup"),
            .. Struct<sock_fprog>("struct sock_fprog", "len", "filter"),
            .. Struct<cap_user_header>("struct __user_cap_header_struct", "version", "pid"),
            .. Struct<cap_user_data>("struct __user_cap_data_struct", "effective", "permitted", "inheritable"),
            .. Struct<rlimit64>("struct rlimit64", "rlim_cur", "rlim_max"),
            .. Struct<iovec>("struct iovec", "iov_base", "iov_len"),
            .. Struct<msghdr>("struct msghdr", "msg_name", "msg_namelen", "msg_iov", "msg_iovlen", "msg_control", "msg_controllen", "msg_flags"),
            .. Struct<cmsghdr>("struct cmsghdr", "cmsg_len", "cmsg_level", "cmsg_type"),
            .. Struct<statx>("struct statx", "stx_mask", "stx_attributes", "stx_uid", "stx_gid", "stx_mode", "stx_ino", "stx_size", "stx_rdev_major", "stx_rdev_minor", "stx_dev_major", "stx_mnt_id"),
            .. Struct<signalfd_siginfo>("struct signalfd_siginfo", "ssi_signo", "ssi_pid"),
            .. Struct<bpf_insn>("struct bpf_insn"),
            ("offsetof(siginfo_t, si_status)", Offset<siginfo>("si_status")),
            ("offsetof(siginfo_t, si_pid)", Offset<siginfo>("si_pid")),
            ("sizeof(siginfo_t)", Marshal.SizeOf<siginfo>()),
        ];
        Compare(expected);
    }

    [Test]
    public void Constants_AreThoseOfTheHeaders()
    {
        List<(string, long)> expected = [];
        foreach (Type family in new[] { typeof(Open), typeof(Clone), typeof(Mount), typeof(ProcessControl), typeof(Socket), typeof(FilesystemMagic), typeof(Bpf) })
            foreach (System.Reflection.FieldInfo field in family.GetFields().Where(f => f.IsLiteral && !NotInHeaders.Contains(f.Name)))
                expected.Add((HeaderName(field.Name), Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)));
        Assert.That(expected, Has.Count.GreaterThan(120));
        Compare(expected);
    }

    [Test]
    public void Errors_HaveTheHeadersNumbers()
    {
        List<(string, long)> expected = typeof(Errno).GetFields().Where(f => f.IsLiteral).Select(f => (f.Name, (long)(int)f.GetRawConstantValue()!)).ToList();
        Assert.That(expected, Has.Count.GreaterThan(120));
        Compare(expected);
        foreach ((string name, long number) in expected)
            Assert.That(Errno.NameOf((int)number), Is.EqualTo(name));
    }

    [Test]
    public void SystemCalls_HaveTheHeadersNumbers()
    {
        List<(string, long)> expected = typeof(SYS).GetProperties().Where(p => p.PropertyType == typeof(int)).Select(p => ("__NR_" + p.Name, (long)(int)p.GetValue(null)!)).ToList();
        Assert.That(expected, Has.Count.GreaterThan(80));
        Compare(expected);
    }

    [Test]
    public void SystemCalls_OfArm64_AreTheGenericTables()
    {
        // The same source, read as text: the first number of `Arm ? 63 : 0` is arm64's.
        string source = File.ReadAllText(Path.Combine(Host.ProjectFolder, "Runtime.Native/Raw/SYS.cs"));
        List<(string, long)> expected = System.Text.RegularExpressions.Regex.Matches(source, @"static int (\w+) => Arm \? (\d+) : \d+;")
            .Select(m => (m.Groups[1].Value, long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture))).ToList();
        Assert.That(expected, Has.Count.GreaterThan(70));
        // asm-generic/unistd.h keeps some names behind a prefix: 3264 for calls with a 64-bit sibling.
        const string prelude = "#define __BITS_PER_LONG 64\n#undef __NR_read\n#define __ARCH_WANT_SET_GET_RLIMIT\n#define __ARCH_WANT_NEW_STAT\n#define __ARCH_WANT_SYS_CLONE3\n#include <asm-generic/unistd.h>\n";
        Compare(expected.Select(e => ($"__NR_{e.Item1}", e.Item2)).ToList(), prelude, onlyThese: true);
    }

    private static readonly HashSet<string> NotInHeaders =
    [
        // Newer than the headers of the oldest distribution that builds this.
        "MFD_EXEC", "Max", "CLOSE_RANGE_CLOEXEC", "MOUNT_ATTR_NOSYMFOLLOW",
        // Names of the C library's with another meaning there, or of ours.
        "WALL", "FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING", "FSCONFIG_CMD_CREATE", "NSFS_MAGIC", "P_PIDFD", "SECCOMP_SET_MODE_FILTER",
    ];

    private static string HeaderName(string name) => name switch
    {
        "LINUX_CAPABILITY_VERSION_3" => "_LINUX_CAPABILITY_VERSION_3",
        _ => name,
    };

    private static IEnumerable<(string, long)> Struct<T>(string name, params string[] fields) where T : struct
    {
        yield return ($"sizeof({name})", Marshal.SizeOf<T>());
        foreach (string field in fields)
            yield return ($"offsetof({name}, {field})", Offset<T>(field));
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private const string Headers = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdio.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <signal.h>
        #include <sys/file.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <sys/signalfd.h>
        #include <sys/socket.h>
        #include <sys/uio.h>
        #include <sys/wait.h>
        #include <sys/ioctl.h>
        #include <net/if.h>
        #include <linux/bpf.h>
        #include <linux/capability.h>
        #include <linux/filter.h>
        #include <linux/keyctl.h>
        #include <linux/magic.h>
        #include <linux/mount.h>
        #include <linux/openat2.h>
        #include <sys/resource.h>
        #include <linux/sched.h>
        #include <linux/sockios.h>
        #include <linux/stat.h>
        #include <sys/syscall.h>
        #ifndef MS_MOVE
        #define MS_MOVE 8192
        #endif
        #define MNT_FORCE 1
        #define MNT_DETACH 2
        """;

    private static void Compare(IReadOnlyList<(string Expression, long Ours)> expected, string? prelude = null, bool onlyThese = false)
    {
        string compiler = Require.Program("gcc", "gcc");
        string folder = Directory.CreateTempSubdirectory("vessel-layout-").FullName;
        try
        {
            string lines = string.Concat(expected.Select(e => $"    printf(\"%lld\\n\", (long long)({e.Expression}));\n"));
            string code = (onlyThese ? "#include <stdio.h>\n" + prelude : Headers + "\n") + "int main(void)\n{\n" + lines + "    return 0;\n}\n";
            File.WriteAllText(folder + "/layout.c", code);
            Outcome compiled = new Launch(compiler, "-w", "-o", folder + "/layout", folder + "/layout.c").Start().Wait();
            Assert.That(compiled.ExitCode, Is.Zero, compiled.Error);
            string[] theirs = new Launch(folder + "/layout").Start().Wait().Succeeded().Lines;
            Assert.Multiple(() =>
            {
                for (int i = 0; i < expected.Count; i++)
                    Assert.That(long.Parse(theirs[i], CultureInfo.InvariantCulture), Is.EqualTo(expected[i].Ours), expected[i].Expression);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
