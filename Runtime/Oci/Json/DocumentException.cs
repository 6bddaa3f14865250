namespace Vessel.Oci.Json;

/// <summary>A document that is not JSON, or does not say what its specification lets it say. Nothing of it was taken over.</summary>
public sealed class DocumentException : Exception
{
    public DocumentException(string documentName, IReadOnlyList<DocumentError> errors)
        : base($"{documentName}: {Join(errors)}")
    {
        DocumentName = documentName;
        Errors = errors;
    }

    public string DocumentName { get; }

    /// <summary>All that is wrong, in the order of the document; only the first where the text is not JSON at all.</summary>
    public IReadOnlyList<DocumentError> Errors { get; }

    private static string Join(IReadOnlyList<DocumentError> errors)
    {
        // As many as a person reads; a program has the list.
        const int Shown = 20;
        string text = string.Join("; ", errors.Take(Shown));
        return errors.Count > Shown ? $"{text}; and more" : text;
    }
}
