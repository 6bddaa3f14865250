using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>A registry of Debian's on the loopback interface, and images in it made by other people's tools from the busybox fixture.</summary>
internal sealed class LocalRegistry : IDisposable
{
    private readonly string folder;
    private readonly RunningProgram program;

    private const int MaximumAttempts = 5;

    public const string User = "tester", Password = "secret word";

    // Of the password above (bcrypt).
    private const string PasswordFile = "tester:$2y$05$abcdefghijklmnopqrstuu1C7yeI3ZG3Jm.nHdnKkGJg1xTYKP9Oy\n";

    /// <summary>Starts it.</summary>
    /// <param name="folder">For all that it keeps.</param>
    /// <param name="manners">How it is to be spoken to.</param>
    public LocalRegistry(string folder, RegistryManners manners)
    {
        this.folder = folder;
        File.WriteAllText(folder + "/users", PasswordFile);
        string safe = "", guard = "";
        if (manners.Certificate is { } certificate)
        {
            File.WriteAllText(folder + "/server.crt", certificate.ExportCertificatePem());
            File.WriteAllText(folder + "/server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            safe = $", tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}";
        }
        if (manners.Tokens is { } tokens)
        {
            File.WriteAllText(folder + "/token.crt", tokens.Certificate);
            guard = $"auth: {{token: {{realm: \"{tokens.Realm}\", service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: {folder}/token.crt}}}}";
        }
        else if (manners.AsksWho)
            guard = $"auth: {{htpasswd: {{realm: here, path: {folder}/users}}}}";
        string storage = manners.Images is null ? $"filesystem: {{rootdirectory: {folder}/registry}}, delete: {{enabled: true}}" : $"filesystem: {{rootdirectory: {manners.Images}}}, maintenance: {{readonly: {{enabled: true}}}}";
        // Between the choice of a port and the registry's own bind, another program may take it: then the registry ends, and another port is tried.
        for (int attempt = 0; ; attempt++)
        {
            Address = $"127.0.0.1:{FreePort()}";
            File.WriteAllText(folder + "/registry.yml", $$"""
                version: 0.1
                log: {level: error}
                storage: { {{storage}} }
                http: { addr: "{{Address}}"{{safe}} }
                {{guard}}
                """);
            program = new Launch(Require.Program("docker-registry", "docker-registry"), "serve", folder + "/registry.yml").Start();
            if (Host.Eventually(() => program.HasEnded || Host.Listens(program.Pid, Port)) && !program.HasEnded)
                return;
            Outcome failure = program.Wait();
            if (attempt == MaximumAttempts)
                throw new InvalidOperationException($"no registry on {Address}: {failure}");
        }
    }

    /// <summary>Host and port, as references name it.</summary>
    public string Address { get; }

    /// <summary>
    /// Makes an image of two layers: busybox; then one that adds <c>/hello</c>, takes <c>/etc/group</c> away, and hides what <c>/home</c> had.
    /// </summary>
    /// <param name="name">Repository and tag.</param>
    /// <param name="copyOptions">What skopeo is told beside: credentials, another kind of manifest.</param>
    public void Make(string name, params string[] copyOptions) => Copy([.. copyOptions, $"oci:{MakeLayout()}:made", $"docker://{Address}/{name}"]);

    /// <summary>Makes the same image with layers that zstd compressed. skopeo compresses what isn't yet, and else takes what is there.</summary>
    public void MakeByZstd(string name)
    {
        Copy("--dest-decompress", $"oci:{MakeLayout()}:made", $"dir:{folder}/plain");
        Copy("--dest-compress-format", "zstd", $"dir:{folder}/plain", $"oci:{folder}/packed:made");
        Copy("--preserve-digests", $"oci:{folder}/packed:made", $"docker://{Address}/{name}");
    }

    /// <summary>Another image of the same layers comes next from <see cref="Make"/>.</summary>
    /// <param name="options">What umoci is told: <c>--config.env A=1</c>.</param>
    public void Change(params string[] options) => Run(Umoci, ["config", "--image", MakeLayout() + ":made", .. options]);

    /// <summary>Its port.</summary>
    public int Port => IPEndPoint.Parse(Address).Port;

    /// <summary>Calls skopeo.</summary>
    public static Outcome Skopeo(params string[] arguments) => Run(SkopeoProgram, arguments);

    public void Dispose() => program.Dispose();

    private string MakeLayout()
    {
        string layout = $"{folder}/layout", top = folder + "/top";
        if (Directory.Exists(layout))
            return layout;
        Directory.CreateDirectory(top + "/home");
        Directory.CreateDirectory(top + "/etc");
        File.WriteAllText(top + "/hello", "hello from the second layer\n");
        File.WriteAllText(top + "/etc/.wh.group", "");
        File.WriteAllText(top + "/home/.wh..wh..opq", "");
        Run(Tar, "-C", Fixtures.Busybox, "-cf", folder + "/base.tar", ".");
        Run(Tar, "-C", top, "-cf", folder + "/top.tar", ".");
        Run(Umoci, "init", "--layout", layout);
        Run(Umoci, "new", "--image", layout + ":made");
        foreach (string layer in (string[])["base.tar", "top.tar"])
            Run(Umoci, "raw", "add-layer", "--image", layout + ":made", $"{folder}/{layer}");
        Run(Umoci, "config", "--image", layout + ":made", "--config.user", "user", "--config.env", "COLOUR=blue", "--config.workingdir", "/tmp",
            "--config.entrypoint", "sh", "--config.cmd", "-c", "--config.cmd", "id -u; pwd; echo $COLOUR; cat /hello; ls /etc /home; echo new > /tmp/new");
        return layout;
    }

    private static void Copy(params string[] arguments) => Run(SkopeoProgram, ["copy", "-q", "--insecure-policy", "--dest-tls-verify=false", .. arguments]);

    private static string Tar => Require.Program("tar", "tar");

    private static string Umoci => Require.Program("umoci", "umoci");

    private static string SkopeoProgram => Require.Program("skopeo", "skopeo");

    private static Outcome Run(string program, params string[] arguments)
    {
        Outcome outcome = new Launch(program, arguments).Start().Wait();
        outcome.Succeeded();
        return outcome;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
