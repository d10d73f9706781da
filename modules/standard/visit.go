package standard

import (
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// Visit returns a module that reaches one server as a kernel would, and that remembers nothing beyond itself: for looking at
// a server before it is governed. It starts nothing until it is asked to (atr.Module.Learn). Version is that of the program.
func Visit(server atr.Server, version string) (*atr.Module, error) {
	client, err := json.Marshal(map[string]string{"name": "mcp-kernel", "version": version})
	if err != nil {
		return nil, err
	}
	return atr.New(atr.Options{
		Servers: []atr.Server{server}, State: memstate.New(memstate.Options{}), Client: client, Open: atr.Opener{Resolve: resolve, Dial: reach{}.dial}.Open, Cold: true,
	})
}
