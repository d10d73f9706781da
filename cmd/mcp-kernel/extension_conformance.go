//go:build conformance

package main

import (
	"github.com/mcp-kernel/mcp-kernel/internal/fixture"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// An extension is what a build serves beside the standard modules: here the surface that the official conformance suite
// expects.
type extension struct{ fixture *fixture.Module }

func newExtension() extension { return extension{fixture.New()} }

// modules are the further modules.
func (e extension) modules() []tools.Module { return []tools.Module{e.fixture} }

// publish hands the server to modules that have something to tell its clients.
func (e extension) publish(s *server.Server) { e.fixture.Announce(s) }
