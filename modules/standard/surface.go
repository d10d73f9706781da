package standard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A View is what there would be to call under a configuration.
type View struct {
	Catalog *tools.Catalog // of which only what it lists can be used
	Unseen  []Unseen       // other servers of which it is not known what they offer
}

// Unseen is another server of which it is not known what it offers.
type Unseen struct {
	Server string
	Reason string // why not, for people
}

// ViewOf returns what there would be to call under a configuration, whatever its policies are: it puts a kernel together
// that is thrown away. What other servers offer is what the data directory remembers of them; none is started, and nothing
// there is written or made.
func ViewOf(ctx context.Context, c config.Config, extra ...tools.Module) (v View, err error) {
	dir, err := os.MkdirTemp("", "mcp-kernel-catalog-")
	if err != nil {
		return View{}, fmt.Errorf("catalog: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	where, err := placeOf(c)
	if err != nil {
		return View{}, err
	}
	c.DataDir = filepath.Join(dir, "data")
	c.State.URL = "memory:"
	c.Governance.PolicyFiles, c.Governance.Policies = nil, config.Default().Governance.Policies
	c.Server.HTTP.Auth.Roles = nil // they name policies, and nobody calls
	k, err := Open(ctx, Options{Config: c, Extra: extra, begin: func(k *Kernel) { v.Unseen = k.recollect(ctx, where) }})
	if err != nil {
		return View{}, err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(ctx))) }()
	v.Catalog = k.catalog()
	return v, nil
}

// CatalogOf returns the catalog of ViewOf.
func CatalogOf(ctx context.Context, c config.Config, extra ...tools.Module) (*tools.Catalog, error) {
	v, err := ViewOf(ctx, c, extra...)
	return v.Catalog, err
}

// recollect takes over what state elsewhere remembers of other servers, and returns those of which that is nothing.
func (k *Kernel) recollect(ctx context.Context, where place) (unseen []Unseen) {
	all := func(reason string) []Unseen {
		for i := range k.others {
			unseen = append(unseen, Unseen{k.others[i].Name, reason})
		}
		return unseen
	}
	if len(k.others) == 0 {
		return nil
	}
	if where.private() {
		return all("with state.url memory: nothing is remembered")
	}
	switch made, err := where.made(); {
	case err != nil:
		return all(err.Error())
	case !made:
		return all("it was never started with this state")
	}
	store, err := where.open(ctx, k.Now)
	if err != nil {
		return all(err.Error())
	}
	defer func() { k.told(store.Close()) }()
	for i := range k.others {
		name := k.others[i].Name
		switch known, err := atr.Remembered(ctx, name, store, k.State); {
		case err != nil:
			unseen = append(unseen, Unseen{name, err.Error()})
		case !known:
			unseen = append(unseen, Unseen{name, "it was never started with this state"})
		}
	}
	return unseen
}

// told tells of a fault, if it is one.
func (k *Kernel) told(err error) {
	if err != nil {
		k.fault("", err)
	}
}
