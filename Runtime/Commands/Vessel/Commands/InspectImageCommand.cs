using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Commands.Vessel.Output.Templates;
using Vessel.Images;

namespace Vessel.Commands.Vessel.Commands;

internal class InspectImageCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE [IMAGE...]";

    public override string Summary => "Display detailed information on one or more images";

    public override IReadOnlyList<Option> Options => [new("format", "Format output: 'json' or a Go template", "string", 'f')];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    /// <summary>What is said of a name that nothing has.</summary>
    protected virtual string Missing(string name, ImageException e) => $"vessel: {e.Message}";

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string? format = invocation.Options.Text("format");
        Template? template = format is null or "" or "json" ? null : Template.Parse(format);
        List<Map> found = [];
        int code = 0;
        foreach (string name in invocation.Arguments)
            try
            {
                Map details = ImageDetails.Of(invocation.Images, invocation.Images.Find(name));
                found.Add(details);
                if (template is not null)
                    invocation.Output.Write(template.Render(details) + "\n");
            }
            catch (ImageException e) when (e.Kind is ImageErrorKind.NotFound or ImageErrorKind.Invalid)
            {
                invocation.Error.Write(Missing(name, e) + "\n");
                code = 1;
            }
        if (template is null)
            invocation.Output.Write(Json.Format(found, indented: format != "json") + "\n");
        return Task.FromResult(code);
    }
}
