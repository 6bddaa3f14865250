namespace Vessel.Images.Registry;

/// <summary>Who we are to a registry.</summary>
/// <param name="Username">The account; empty with an identity token.</param>
/// <param name="Secret">Its password or access token.</param>
/// <param name="IdentityToken">A refresh token that a token server gave for the password; null where there is none.</param>
public sealed record Credential(string Username, string Secret, string? IdentityToken = null)
{
    /// <summary>Says who, never the secret.</summary>
    public override string ToString() => Username.Length > 0 ? Username : "(token)";
}
