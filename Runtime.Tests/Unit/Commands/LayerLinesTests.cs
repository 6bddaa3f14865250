using NUnit.Framework;
using Vessel.Commands.Vessel.Output;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Commands;

/// <summary>The lines that a pull shows: on a terminal of any width the numbers are seen, and no line goes on in the next.</summary>
public sealed class LayerLinesTests
{
    private static readonly Digest Layer = Digest.Of("layer"u8);

    [TestCase(0, "Downloading [=========================>                        ]  1MB/2MB")]
    [TestCase(200, "Downloading [=========================>                        ]  1MB/2MB")]
    [TestCase(60, "Downloading [===========>           ]  1MB/2MB")]
    [TestCase(40, "Downloading 1MB/2MB")]
    [TestCase(20, "Downlo")]
    public void Bar_TakesWhatRoomThereIs(int columns, string expected)
    {
        using StringWriter output = new();
        new LayerLines(output, isTerminal: true, () => columns).Show(Layer, "Downloading", (1_000_000, 2_000_000));
        string line = output.ToString().TrimEnd('\n');
        Assert.That(line, Is.EqualTo($"{Layer.Short}: {expected}"));
        Assert.That(line.Length, Is.LessThanOrEqualTo(columns == 0 ? int.MaxValue : columns));
    }

    [TestCase(0, 100, "[>         ", "0B/100B"), TestCase(100, 100, "=>]", "100B/100B"), TestCase(300, 100, "=>]", "300B/100B"), TestCase(5, 0, "", "5B")]
    public void Bar_IsOneWhateverTheNumbers(long current, long total, string bar, string numbers)
    {
        using StringWriter output = new();
        new LayerLines(output, isTerminal: true, () => 100).Show(Layer, "Pushing", (current, total));
        Assert.That(output.ToString(), Does.Contain(bar).And.EndWith(numbers + "\n"));
    }

    [Test]
    public void WithoutATerminal_AStateIsSaidOnce_AndProgressNever()
    {
        using StringWriter output = new();
        LayerLines lines = new(output, isTerminal: false, () => 0);
        lines.Show(Layer, "Downloading", (1, 2), isTransient: true);
        lines.Show(Layer, "Pull complete");
        lines.Show(Layer, "Pull complete");
        Assert.That(output.ToString(), Is.EqualTo($"{Layer.Short}: Pull complete\n"));
    }
}
