package redisstate

import (
	"crypto/sha1" //nolint:gosec // the protocol names scripts by it
	_ "embed"
	"encoding/hex"
)

var (
	//go:embed scripts/append.lua
	appendText string
	//go:embed scripts/delete.lua
	deleteText string
	//go:embed scripts/guard.lua
	guardText string
	//go:embed scripts/list.lua
	listText string
	//go:embed scripts/take.lua
	takeText string
	//go:embed scripts/write.lua
	writeText string
)

// A script runs on the server as a whole. The server knows it by its digest from the first use on, until it is restarted.
type script struct{ text, digest string }

func newScript(text string) script {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return script{text: text, digest: hex.EncodeToString(sum[:])}
}

type scripts struct {
	append, delete, list, take, write script

	swap, swapOut script // write and delete, if the item has a version
}

func newScripts() scripts {
	return scripts{
		append: newScript(appendText), delete: newScript(deleteText), list: newScript(listText), take: newScript(takeText),
		write: newScript(writeText), swap: newScript(guardText + writeText), swapOut: newScript(guardText + deleteText),
	}
}
