package hosts_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

func ExampleDocument() {
	d, err := hosts.Parse([]byte(`{
    // what I work with
    "mcpServers": {
        "notes": {"command": "notes-mcp"}, // mine
    },
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.Set(map[string]any{"command": "/usr/bin/mcp-kernel"}, "mcpServers", "mcp-kernel"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(d.Bytes()))
	// Output:
	// {
	//     // what I work with
	//     "mcpServers": {
	//         "notes": {"command": "notes-mcp"}, // mine
	//         "mcp-kernel": {
	//             "command": "/usr/bin/mcp-kernel"
	//         },
	//     },
	// }
}
