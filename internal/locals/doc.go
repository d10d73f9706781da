// Package locals reads and writes the file that says which programs, operations of HTTP services and WebAssembly modules are
// tools, and makes them. The file is the operator's: what cannot hold in it is an error that names its place, and nothing in
// it is taken for something else.
package locals
