package pin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Digest returns "sha256:" and the hexadecimal digest of a definition in its canonical form (RFC 8785).
func Digest(definition json.RawMessage) (string, error) {
	canonical, err := primitives.Canonical(definition)
	if err != nil {
		return "", fmt.Errorf("definition: %w", err)
	}
	return sum(canonical), nil
}

func sum(text []byte) string {
	digest := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(digest[:])
}

// nameless is the digest of a definition without its own names, by which it is known under another. A definition that is
// nothing but names has none.
func nameless(definition json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(definition, &members) != nil {
		return ""
	}
	for _, key := range []string{"name", "title", "uri", "uriTemplate"} {
		delete(members, key)
	}
	rest := 0
	for _, value := range members {
		rest += len(value)
	}
	if rest < minRest {
		return ""
	}
	text, err := json.Marshal(members)
	if err != nil {
		return ""
	}
	digest, err := Digest(text)
	if err != nil {
		return ""
	}
	return digest
}

// minRest is how many bytes a definition has beside its names to be known by them: an empty schema is everybody's.
const minRest = 64
