using NUnit.Framework;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

public sealed class StateTests
{
    private const string Json =
        """{"ociVersion":"1.3.0","id":"web","status":"running","pid":4422,"bundle":"/b","annotations":{"k":"v"},"owner":"root"}""";

    [Test]
    public void ReadAndWrite_GiveTheSameDocument()
    {
        State state = StateReader.Read(Documents.Bytes(Json));

        Assert.Multiple(() =>
        {
            Assert.That(state.Status, Is.EqualTo("running"));
            Assert.That(state.Pid, Is.EqualTo(4422));
            Assert.That(state.Annotations["k"], Is.EqualTo("v"));
            Assert.That(Write(state), Is.EqualTo(Json));
        });
    }

    [Test]
    public void Write_WithoutProcess_LeavesPidOut()
    {
        State state = new() { OciVersion = "1.3.0", Id = "web", Status = "stopped", Bundle = "/b" };

        Assert.That(Write(state), Is.EqualTo("""{"ociVersion":"1.3.0","id":"web","status":"stopped","bundle":"/b"}"""));
    }

    [TestCase("{}", "ociVersion: missing", "id: missing", "status: missing", "bundle: missing")]
    [TestCase("""{"ociVersion":"1.0.0","id":"","status":"x","bundle":"/","pid":-1}""", "id: is empty", "pid: -1 is below 0")]
    [TestCase("{]", "line 1, column 2: expected a name in double quotes, found `]`")]
    public void Read_WrongDocument_SaysWhatIsWrong(string json, params string[] errors)
    {
        DocumentException e = Assert.Throws<DocumentException>(() => StateReader.Read(Documents.Bytes(json)))!;

        Assert.That(e.Errors.Select(error => error.ToString()), Is.EqualTo(errors));
    }

    private static string Write(State state)
    {
        using StringWriter output = new();
        StateWriter.Write(state, output);
        return output.ToString();
    }
}
