using System.Text;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Registries that want to know who asks.</summary>
public sealed class LoginTests : ImageTest
{
    private string ConfigFile => Box.Folder + "/docker/config.json";

    internal override RegistryManners Manners => new() { AsksWho = true };

    [Test]
    public void Login_IsRemembered_AndLogoutForgotten()
    {
        string image = $"{Registry.Address}/mine/tour:v1";
        Registry.Make("mine/tour:v1", "--dest-creds", $"{LocalRegistry.User}:{LocalRegistry.Password}");
        Outcome refused = Vessel("pull", image);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Does.StartWith("vessel: unauthorized: authentication required").And.Contain($"`vessel login {Registry.Address}`"));

        Outcome login = VesselWith(Encoding.UTF8.GetBytes(LocalRegistry.Password + "\n"), "login", "-u", LocalRegistry.User, "--password-stdin", Registry.Address);
        Assert.That(login.Output, Is.EqualTo("Login Succeeded\n"), login.ToString());
        Assert.That(login.Error, Does.Contain("stored unencrypted").And.Not.Contain(LocalRegistry.Password));
        Assert.That(Host.Stat(ConfigFile).stx_mode & 0x1ff, Is.EqualTo(0x180));
        Vessel("pull", image).Succeeded();
        Vessel("push", image).Succeeded();

        Assert.That(Vessel("logout", Registry.Address).Output, Is.EqualTo($"Removing login credentials for {Registry.Address}\n"));
        Assert.That(Vessel("logout", Registry.Address).Output, Is.EqualTo($"Not logged in to {Registry.Address}\n"));
        Assert.That(Vessel("pull", image).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public void Login_WithAWrongPassword_ChangesNothing()
    {
        string before = $"{{\"HttpHeaders\": {{\"X\": \"y\"}}, \"auths\": {{\"{Registry.Address}.example\": {{\"auth\": \"YTpi\", \"email\": \"a@b\"}}}}}}";
        Directory.CreateDirectory(Path.GetDirectoryName(ConfigFile)!);
        File.WriteAllText(ConfigFile, before);
        Outcome login = VesselWith("wrong"u8.ToArray(), "login", "-u", LocalRegistry.User, "--password-stdin", Registry.Address);
        Assert.That(login.ExitCode, Is.EqualTo(1));
        Assert.That(login.Error, Does.Contain("unauthorized").And.Not.Contain("wrong"));
        Assert.That(File.ReadAllText(ConfigFile), Is.EqualTo(before));
        VesselWith(Encoding.UTF8.GetBytes(LocalRegistry.Password), "login", "-u", LocalRegistry.User, "--password-stdin", Registry.Address).Succeeded();
        // What is not ours to know stays in the file.
        Assert.That(File.ReadAllText(ConfigFile), Does.Contain("HttpHeaders").And.Contain("\"X\"").And.Contain("a@b").And.Contain("YTpi"));
    }

    [Test]
    public void Login_WithAHelper_LeavesThePasswordToIt()
    {
        string helper = Box.Folder + "/bin/docker-credential-box";
        Directory.CreateDirectory(Box.Folder + "/bin");
        File.WriteAllText(helper, $$"""
            #!/bin/sh
            case $1 in
                store) cat >{{Box.Folder}}/kept ;;
                get) if [ -e {{Box.Folder}}/kept ]; then cat {{Box.Folder}}/kept; else echo "credentials not found in native keychain"; exit 1; fi ;;
                erase) rm -f {{Box.Folder}}/kept ;;
            esac
            """);
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.GetDirectoryName(ConfigFile)!);
        File.WriteAllText(ConfigFile, """{"credsStore": "box"}""");
        byte[] password = Encoding.UTF8.GetBytes(LocalRegistry.Password);
        VesselWith(password, "login", "-u", LocalRegistry.User, "--password-stdin", Registry.Address).Succeeded();
        Assert.That(File.ReadAllText(ConfigFile), Does.Not.Contain("auth\""));
        Assert.That(File.ReadAllText(Box.Folder + "/kept"), Does.Contain(LocalRegistry.Password));
        Registry.Make("mine/tour:v1", "--dest-creds", $"{LocalRegistry.User}:{LocalRegistry.Password}");
        Vessel("pull", $"{Registry.Address}/mine/tour:v1").Succeeded();
        Assert.That(Vessel("logout", Registry.Address).Output, Does.StartWith("Removing"));
        Assert.That(File.Exists(Box.Folder + "/kept"), Is.False);
        // CVE-2021-41092: a helper that isn't there is no reason to ask as nobody.
        File.WriteAllText(ConfigFile, """{"credsStore": "nothere"}""");
        Assert.That(Vessel("pull", $"{Registry.Address}/mine/tour:v1").Error, Does.Contain("docker-credential-nothere"));
    }
}
