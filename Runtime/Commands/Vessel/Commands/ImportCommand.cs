using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images;
using Vessel.Images.Archives;
using Vessel.Images.Registry;
using Vessel.Oci.Image;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class ImportCommand : Command
{
    public override string Usage => "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]";

    public override string Summary => "Import the contents from a tarball to create a filesystem image";

    public override IReadOnlyList<Option> Options =>
    [
        new("change", "Apply Dockerfile instruction to the created image", "list", 'c'),
        new("message", "Set commit message for imported image", "string", 'm'),
        new("platform", "Set platform if server is multi-platform capable", "string"),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 2);

    public override ArgumentKind Argument(int index) => index == 0 ? ArgumentKind.File : ArgumentKind.Image;

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string source = invocation.Arguments[0];
        ImportOptions options = new()
        {
            Name = invocation.Arguments.Count > 1 ? References.Parse(invocation.Arguments[1]) : null,
            Config = Config(invocation.Options.All("change")),
        };
        if (References.ParsePlatform(invocation.Options.Text("platform")) is { } platform)
            options = options with { Platform = platform };
        invocation.Images.RequireWriter();
        bool isAddress = source.StartsWith("http://", StringComparison.Ordinal) || source.StartsWith("https://", StringComparison.Ordinal);
        options = options with { Message = invocation.Options.Text("message") ?? $"Imported from {(isAddress ? source : "-")}" };
        using Stream input = source == "-" ? StandardStreams.Input(cancellation) : isAddress ? await DownloadAsync(source, cancellation).ConfigureAwait(false) : InputFile.Open(source);
        invocation.Output.Write($"{await ImageImport.ImportAsync(invocation.Images, input, options, new SilentProgress(), cancellation).ConfigureAwait(false)}\n");
        return 0;
    }

    private static ContainerConfig Config(IReadOnlyList<string> changes)
    {
        try
        {
            return changes.Aggregate(new ContainerConfig(), ConfigChange.ApplyLines);
        }
        catch (FormatException e)
        {
            throw new ImageException(ImageErrorKind.Invalid, e.Message, e);
        }
    }

    private static async Task<Stream> DownloadAsync(string address, CancellationToken cancellation)
    {
        try
        {
            // The stream keeps what it needs of the client.
            HttpClient client = new() { Timeout = Timeout.InfiniteTimeSpan };
            client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
            HttpResponseMessage response = await client.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false)
                : throw new ImageException(ImageErrorKind.NotFound, $"{address}: {(int)response.StatusCode} {response.ReasonPhrase}");
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException)
        {
            throw new ImageException(ImageErrorKind.Unavailable, $"{address}: {(e is UriFormatException ? "it is not an address" : NetworkWords.Of(e))}", e);
        }
    }
}
