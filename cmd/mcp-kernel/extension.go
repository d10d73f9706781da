//go:build !conformance && !echo

package main

import (
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// An extension is what a build serves beside the standard modules. What is released has none.
type extension struct{}

func newExtension() extension { return extension{} }

// modules are the further modules.
func (extension) modules() []tools.Module { return nil }

// publish hands the server to modules that have something to tell its clients.
func (extension) publish(*server.Server) {}
