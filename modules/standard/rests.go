package standard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// restsName is the module's, for modules.disabled.
const restsName = "results"

// How the rests of answers are kept.
const (
	restTTL      = 15 * time.Minute
	restSlots    = 16                   // of one caller; a further rest takes the place of another
	maxRestBytes = state.MaxValue - 128 // of one rest; the id stands before it
	restScheme   = "result://"
)

// rests keeps what did not fit into answers, for whoever was answered and nobody else, and offers it as resources, which
// policies allow or not like any other. Reading one that does not fit either leaves another.
type rests struct {
	store state.Backend
	now   func() time.Time
}

// Name implements tools.Module.
func (*rests) Name() string { return restsName }

// Surface implements tools.Module.
func (r *rests) Surface() tools.Surface {
	return tools.Surface{Resources: []tools.Resource{tools.NewResource(tools.ResourceSpec{
		Template: restScheme + "{call}", Name: "result", Title: "Rest of an answer", MIMEType: "text/plain", Audience: tools.ForAgents,
		Description: "What was cut off an answer that had more tokens than policy allows one. Only who was answered can read it, for 15 minutes.",
	}, r.read)}}
}

// key is where a rest lies: in one of the places that its caller has.
func (*rests) key(who governance.Caller, call string) string {
	owner := sha256.Sum256([]byte(who.Identity()))
	slot := fnv.New32a()
	_, _ = slot.Write([]byte(call))
	return fmt.Sprintf("results/%s/%02d", hex.EncodeToString(owner[:]), slot.Sum32()%restSlots)
}

// keep implements the Keep of tools.DispatcherOptions.
func (r *rests) keep(ctx context.Context, rest tools.Rest) (tools.Kept, error) {
	text := rest.Text
	if len(text) > maxRestBytes {
		text = text[:maxRestBytes]
		for len(text) > 0 && !utf8.ValidString(text[len(text)-min(len(text), utf8.UTFMax):]) && !utf8.RuneStart(rest.Text[len(text)]) {
			text = text[:len(text)-1]
		}
	}
	value := append(append([]byte(rest.Call), '\n'), text...)
	if err := r.store.Set(ctx, r.key(rest.Caller, rest.Call), value, restTTL); err != nil {
		return tools.Kept{}, err
	}
	return tools.Kept{URI: restScheme + rest.Call, Bytes: len(text), Until: r.now().Add(restTTL)}, nil
}

// read implements tools.ReadFunc. What is somebody else's is not there.
func (r *rests) read(ctx context.Context, req *tools.Request, uri string) ([]tools.ResourceContents, error) {
	call := req.Var("call")
	item, err := r.store.Get(ctx, r.key(req.Caller(), call))
	if errors.Is(err, state.ErrNotFound) {
		return nil, tools.NotFound(uri)
	}
	if err != nil {
		return nil, err
	}
	id, text, ok := bytes.Cut(item.Value, []byte{'\n'})
	if !ok || string(id) != call {
		return nil, tools.NotFound(uri)
	}
	return []tools.ResourceContents{{URI: uri, MIMEType: "text/plain", Text: string(text)}}, nil
}
