// Package openapi makes tools of the operations that an OpenAPI document (3.0 or 3.1) describes. The document may be anybody's:
// reading it is bounded, and it decides what is asked, not whom and with what credentials. A call is one request, to the one
// service that its operator named; no value can leave its place in the path, and no redirect takes a secret elsewhere.
package openapi
