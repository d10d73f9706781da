// Package oauth gets, keeps and renews the tokens that other MCP servers want to see. It finds out by itself who issues
// them (RFC 9728, RFC 8414, OpenID Connect Discovery), has a person log in (OAuth 2.1 with PKCE, RFC 7636, 8252, 8707,
// 9207), or authenticates as a machine (client credentials, token exchange by RFC 8693). Both ends of it are strangers: a
// server that says where to log in, and what answers there. So what they say is compared with what is known, goes over
// TLS, is bounded, and leads nowhere else; and a secret that was made for one of them is never seen by another. The
// package knows MCP's rules of authorization and nothing else of MCP.
package oauth
