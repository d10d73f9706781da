//go:build echo && !conformance

package main

import (
	"github.com/mcp-kernel/mcp-kernel/internal/bench/echo"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// An extension is what a build serves beside the standard modules: here the tool that is called to measure what lies
// around a tool.
type extension struct{}

func newExtension() extension { return extension{} }

// modules are the further modules.
func (extension) modules() []tools.Module { return []tools.Module{echo.Module{}} }

// publish hands the server to modules that have something to tell its clients.
func (extension) publish(*server.Server) {}
