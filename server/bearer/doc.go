// Package bearer verifies OAuth 2.1 access tokens as a resource server does: JSON Web Tokens (RFC 7519, RFC 9068) that
// issuers of the operator's choice have signed for this server and nobody else. What cannot be proven good is refused, and
// an issuer that cannot be asked for its keys lets nobody in that it did not let in before. The package knows nothing of
// what the token opens; it answers quickly, because it is asked for every request, and it keeps and sends no token.
package bearer
