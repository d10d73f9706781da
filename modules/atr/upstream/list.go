package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// Bounds of what a server may list.
const (
	MaxEntries = 10_000   // of one kind
	maxPages   = 1_000    // of one list
	maxBytes   = 64 << 20 // of one list
)

// A Listing is what a server offers: the entries of its lists, as it wrote them, in its order.
type Listing struct {
	Tools, Resources, Templates, Prompts []json.RawMessage
}

// List asks a server for all that it offers, starting it when it is not running. Lists that the server does not declare
// are empty, as are those that it declares and does not know.
func (u *Upstream) List(ctx context.Context) (Listing, error) {
	var l Listing
	server, err := u.Connect(ctx)
	if err != nil {
		return l, err
	}
	for _, list := range []struct {
		capability, method, key string
		into                    *[]json.RawMessage
	}{
		{"tools", "tools/list", "tools", &l.Tools},
		{"resources", "resources/list", "resources", &l.Resources},
		{"resources", "resources/templates/list", "resourceTemplates", &l.Templates},
		{"prompts", "prompts/list", "prompts", &l.Prompts},
	} {
		if !server.Has(list.capability) {
			continue
		}
		if *list.into, err = u.list(ctx, list.method, list.key); err != nil {
			return Listing{}, fmt.Errorf("%s of %s: %w", list.method, u.o.Name, err)
		}
	}
	return l, nil
}

// list reads all pages of one list.
func (u *Upstream) list(ctx context.Context, method, key string) (all []json.RawMessage, err error) {
	var params json.RawMessage
	size := 0
	for range maxPages {
		result, err := u.Call(ctx, rpc.Request{Method: method, Params: params})
		var refused *rpc.Error
		switch {
		case errors.As(err, &refused) && refused.Code == rpc.CodeNoMethod:
			return nil, nil
		case err != nil:
			return nil, err
		}
		var page map[string]json.RawMessage
		var entries []json.RawMessage
		var cursor *string
		if json.Unmarshal(result, &page) != nil || json.Unmarshal(page[key], &entries) != nil {
			return nil, fmt.Errorf("the answer has no list %q", key)
		}
		all = append(all, entries...)
		if size += len(result); size > maxBytes || len(all) > MaxEntries {
			return nil, fmt.Errorf("more than %d entries or %d bytes", MaxEntries, maxBytes)
		}
		if next := page["nextCursor"]; len(next) > 0 && json.Unmarshal(next, &cursor) != nil {
			return nil, errors.New("the cursor is no text")
		}
		if cursor == nil {
			return all, nil
		}
		if params, err = json.Marshal(map[string]string{"cursor": *cursor}); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("more than %d pages", maxPages)
}
