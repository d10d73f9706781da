// Command bareecho is the least that mcp-go does for a tool: one server with the tool "echo", over stdio or, with the
// argument "http", over stateless streamable HTTP on a free port, which it prints. `make bench` holds the kernel against
// it.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	s := server.NewMCPServer("bareecho", "1")
	s.AddTool(mcp.NewTool("echo", mcp.WithString("message", mcp.Required())), echo)
	serve := stdio
	if len(os.Args) > 1 && os.Args[1] == "http" {
		serve = overHTTP
	}
	if err := serve(s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func echo(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	message, err := r.RequireString("message")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultText(message), nil
}

func stdio(s *server.MCPServer) error { return server.ServeStdio(s) }

func overHTTP(s *server.MCPServer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("ready at http://%s/mcp\n", l.Addr())
	return http.Serve(l, server.NewStreamableHTTPServer(s, server.WithStateLess(true)))
}
