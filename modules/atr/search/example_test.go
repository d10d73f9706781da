package search_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/search"
)

func Example() {
	index := search.New([]search.Tool{
		{Name: "files__readFile", Server: "files", Description: "Reads a file.", ReadOnly: true},
		{Name: "files__delete", Server: "files", Description: "Deletes a file."},
		{Name: "mail__send", Server: "mail", Description: "Sends a message."},
	})
	for _, hit := range index.Find(search.Query{Text: "remove files", Limit: 2}) {
		fmt.Println(hit.Name)
	}
	// Output:
	// files__delete
	// files__readFile
}
