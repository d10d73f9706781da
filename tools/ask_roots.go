package tools

import (
	"encoding/json"
	"errors"
	"net/url"
)

// A RootsQuery asks in which folders the client works.
type RootsQuery struct {
	Key   string // as in a Question
	Early bool   // as in a Question
}

// A Root is a folder that the client works in. What a client says grants nothing: it is a wish, not a right.
type Root struct {
	URI  string // file:// as a rule
	Name string // for people; may be empty
}

// maxRoots is how many roots a client may have.
const maxRoots = 1000

// inquiry implements Query.
func (q RootsQuery) inquiry() (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error) {
	return Inquiry{Key: q.Key, Method: "roots/list", Params: json.RawMessage("{}"), Early: q.Early}, []Capability{CanListRoots}, readRoots, nil
}

func readRoots(raw json.RawMessage) (Reply, error) {
	var doc struct {
		Roots *[]struct {
			URI  string `json:"uri"`
			Name string `json:"name"`
		} `json:"roots"`
	}
	if json.Unmarshal(raw, &doc) != nil || doc.Roots == nil || len(*doc.Roots) > maxRoots {
		return Reply{}, errors.New("is no object with a list of roots")
	}
	roots := make([]Root, len(*doc.Roots))
	for i, r := range *doc.Roots {
		if u, err := url.Parse(r.URI); err != nil || u.Scheme == "" {
			return Reply{}, errors.New("a root has no URI")
		}
		roots[i] = Root(r)
	}
	return Reply{Roots: roots}, nil
}
