// Package deploycheck holds the files of deploy/ to the types of those who read them: the Kubernetes API, and the specification of Compose.
// It is a module of its own, because these types are large and nothing that is shipped needs them.
package deploycheck
