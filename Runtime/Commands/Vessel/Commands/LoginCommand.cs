using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class LoginCommand : Command
{
    public override string Usage => "[OPTIONS] [SERVER]";

    public override string Summary => "Authenticate to a registry";

    public override IReadOnlyList<Option> Options =>
    [
        new("password", "Password or Personal Access Token (PAT)", "string", 'p'),
        new("password-stdin", "Take the Password or Personal Access Token (PAT) from stdin"),
        new("username", "Username", "string", 'u'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 1);

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        ImageReference server = Servers.Parse(invocation.Arguments.Count > 0 ? invocation.Arguments[0] : null);
        if (await TryKnownAsync(invocation, server, cancellation).ConfigureAwait(false))
            return 0;
        Credential credential = Ask(invocation, cancellation);
        using (RegistryClient registry = new(invocation.Registries with { Credentials = new GivenCredential(credential) }))
            await registry.LogInAsync(server, cancellation).ConfigureAwait(false);
        if (await invocation.DockerConfig.SaveAsync(server.Registry, credential, cancellation).ConfigureAwait(false))
            invocation.Error.Write($"\nWARNING! Your credentials are stored unencrypted in '{invocation.DockerConfig.Path}'.\nConfigure a credential helper to remove this warning.\n\n");
        invocation.Output.Write("Login Succeeded\n");
        return 0;
    }

    // Without a user name, the stored credential is used again, if it is still good.
    private static async Task<bool> TryKnownAsync(Invocation invocation, ImageReference server, CancellationToken cancellation)
    {
        if (invocation.Options.Text("username") is not null || invocation.Options.Text("password") is not null || invocation.Options.Has("password-stdin"))
            return false;
        try
        {
            if (await invocation.DockerConfig.FindAsync(server.Registry, cancellation).ConfigureAwait(false) is not { } known)
                return false;
            invocation.Output.Write("Authenticating with existing credentials...\n");
            using RegistryClient registry = new(invocation.Registries with { Credentials = new GivenCredential(known) });
            await registry.LogInAsync(server, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e) when (e.Kind is ImageErrorKind.Unauthorized or ImageErrorKind.Invalid)
        {
            invocation.Error.Write($"vessel: the stored credential is of no use: {e.Message}\n");
            return false;
        }
        invocation.Output.Write("Login Succeeded\n");
        return true;
    }

    private static Credential Ask(Invocation invocation, CancellationToken cancellation)
    {
        string? user = invocation.Options.Text("username"), password = invocation.Options.Text("password");
        bool fromInput = invocation.Options.Has("password-stdin");
        if (password is not null && fromInput)
            throw new ClientException("--password and --password-stdin are mutually exclusive");
        if (fromInput && user is null)
            throw new ClientException("Must provide --username with --password-stdin");
        if (password is not null)
            invocation.Error.Write("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
        if (fromInput)
            password = StandardStreams.ReadToEnd(cancellation).TrimEnd('\n', '\r');
        if ((user is null || password is null) && Console.IsInputRedirected)
            throw new ClientException("Cannot perform an interactive login from a non TTY device");
        user ??= Prompt(invocation, "Username: ", isSecret: false, cancellation).Trim();
        password ??= Prompt(invocation, "Password: ", isSecret: true, cancellation);
        return user.Length > 0 && password.Length > 0 ? new Credential(user, password) : throw new ClientException($"{(user.Length == 0 ? "username" : "password")} is required");
    }

    private static string Prompt(Invocation invocation, string text, bool isSecret, CancellationToken cancellation)
    {
        invocation.Output.Write(text);
        invocation.Output.Flush();
        return StandardStreams.ReadLine(isSecret, cancellation)?.TrimEnd('\r') ?? "";
    }

    private sealed class GivenCredential(Credential credential) : ICredentialSource
    {
        public Task<Credential?> FindAsync(string registry, CancellationToken cancellation) => Task.FromResult<Credential?>(credential);
    }
}
