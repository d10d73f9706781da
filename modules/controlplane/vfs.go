package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of the virtual file system.
const (
	maxEntryBytes = 1 << 20     // of one entry
	maxPathBytes  = 512         // of a path
	maxTreeBytes  = 64 << 20    // of one identity's tree
	watchEvery    = time.Second // how often a watcher looks for changes that another process made
	maxTTL        = 365 * 24 * time.Hour
)

// A VFS is the virtual file system: a tree of small entries for each identity, over a state backend. An identity sees
// its own tree and no other: it is part of every key, and comes from the transport.
//
//	/mem/working/…   the agent's scratch memory; reads and writes
//	/mem/notes/…     what the agent wants to keep; reads and writes
//	/state/…         what kernel_execute keeps under a state_ref; reads
type VFS struct {
	store state.Backend
	now   func() time.Time

	mu      sync.Mutex
	waiters map[string]map[chan struct{}]struct{} // by key: who watches it in this process
}

// NewVFS returns the file system over a backend, which the caller owns.
func NewVFS(store state.Backend, now func() time.Time) *VFS {
	return &VFS{store: store, now: now, waiters: map[string]map[chan struct{}]struct{}{}}
}

// An Entry is one entry of the tree.
type Entry struct {
	Path     string    `json:"path"`
	Size     int       `json:"size" doc:"bytes"`
	Modified time.Time `json:"modified"`
	ETag     string    `json:"etag" doc:"changes with every write; give it as if_etag to write only over what you read"`
	Content  string    `json:"content,omitempty"`
	Encoding string    `json:"encoding,omitempty" enum:"utf-8,base64"`
}

// record is an entry as stored.
type record struct {
	Content  []byte    `json:"content"`
	Modified time.Time `json:"modified"`
}

// cleanPath checks a path and brings it into its one form: absolute, without empty, . and .. parts. What leads above
// the root is refused and not folded, because whoever writes it means something else.
func cleanPath(name string) (string, error) {
	name = strings.TrimPrefix(name, "vfs:")
	switch {
	case len(name) > maxPathBytes:
		return "", faultf(Invalid, "path has more than %d bytes", maxPathBytes)
	case !strings.HasPrefix(name, "/"):
		return "", faultf(Invalid, "path must begin with /, as in /mem/working/plan.md")
	case strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfffd }):
		return "", faultf(Invalid, "path has control or invalid characters")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", faultf(Invalid, "path must not contain ..")
		}
	}
	return path.Clean(name), nil
}

// writable reports a fault unless the path lies below one of the trees that agents write.
func writable(name string) error {
	for _, tree := range []string{"/mem/working/", "/mem/notes/"} {
		if strings.HasPrefix(name, tree) {
			return nil
		}
	}
	return faultf(ReadOnly, "%s is read-only: write below /mem/working/ or /mem/notes/", name)
}

// key is where an entry is stored. The identity is hashed, so that no name can reach into another's tree.
func key(identity, name string) string { return treeOf(identity) + name }

func treeOf(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return "vfs-" + hex.EncodeToString(sum[:16])
}

// Read returns an entry.
func (v *VFS) Read(ctx context.Context, identity, name string) (Entry, error) {
	name, err := cleanPath(name)
	if err != nil {
		return Entry{}, err
	}
	item, err := v.store.Get(ctx, key(identity, name))
	switch {
	case errors.Is(err, state.ErrNotFound):
		return Entry{}, faultf(NotFound, "%s does not exist", name)
	case err != nil:
		return Entry{}, err
	}
	return entryOf(name, item.Value, item.Version, true)
}

func entryOf(name string, value []byte, version state.Version, whole bool) (Entry, error) {
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return Entry{}, err
	}
	e := Entry{Path: name, Size: len(r.Content), Modified: r.Modified, ETag: etag(version)}
	if whole {
		e.Content, e.Encoding = encodeContent(r.Content)
	}
	return e, nil
}

// Put is what is to be written to an entry.
type Put struct {
	Path     string
	Content  string
	Encoding string // "" and "utf-8" take Content as it is, "base64" decodes it
	IfETag   string // "" writes in any case, "none" only if there is no entry, otherwise only over that version
	TTL      time.Duration
}

// Write replaces or makes an entry of the trees that agents write.
func (v *VFS) Write(ctx context.Context, identity string, p Put) (Entry, error) {
	name, err := cleanPath(p.Path)
	if err != nil {
		return Entry{}, err
	}
	if err := writable(name); err != nil {
		return Entry{}, err
	}
	content, err := decodeContent(p.Content, p.Encoding)
	if err != nil {
		return Entry{}, err
	}
	if p.TTL < 0 || p.TTL > maxTTL {
		return Entry{}, faultf(Invalid, "ttl must be between 0 and one year")
	}
	return v.put(ctx, identity, name, content, p.IfETag, p.TTL)
}

// put writes an entry wherever it lies, charging its growth to the identity's quota.
func (v *VFS) put(ctx context.Context, identity, name string, content []byte, ifETag string, ttl time.Duration) (Entry, error) {
	if len(content) > maxEntryBytes {
		return Entry{}, faultf(TooLarge, "%s would have %d bytes, more than the %d an entry may have", name, len(content), maxEntryBytes)
	}
	before, size, err := v.before(ctx, identity, name)
	if err != nil {
		return Entry{}, err
	}
	if ifETag != "" && ifETag != etagOrNone(before) {
		return Entry{}, faultf(Conflict, "%s has changed: its etag is %s", name, etagOrNone(before))
	}
	if err := v.charge(ctx, identity, int64(len(content)-size)); err != nil {
		return Entry{}, err
	}
	value, err := json.Marshal(record{Content: content, Modified: v.now().UTC()})
	if err != nil {
		return Entry{}, err
	}
	version, err := v.store.CompareAndSwap(ctx, key(identity, name), before, value, ttl)
	if err != nil {
		return Entry{}, errors.Join(lost(name, err), v.charge(ctx, identity, int64(size-len(content))))
	}
	v.changed(key(identity, name))
	return entryOf(name, value, version, false)
}

func lost(name string, err error) error {
	if errors.Is(err, state.ErrConflict) {
		return faultf(Conflict, "%s was changed at the same time: read it and try again", name)
	}
	return err
}

// before returns the version and size of what stands at a path; the zero version when nothing does.
func (v *VFS) before(ctx context.Context, identity, name string) (state.Version, int, error) {
	var none state.Version
	item, err := v.store.Get(ctx, key(identity, name))
	if errors.Is(err, state.ErrNotFound) {
		return none, 0, nil
	}
	if err != nil {
		return none, 0, err
	}
	e, err := entryOf(name, item.Value, item.Version, false)
	return item.Version, e.Size, err
}

// charge takes from, or gives back to, what an identity's tree may hold. An entry that expires gives nothing back until
// it is written again, so the quota errs on the side of refusing.
func (v *VFS) charge(ctx context.Context, identity string, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	taken, err := v.store.Take(ctx, treeOf(identity), state.Claim{Name: "bytes", N: bytes, Limit: maxTreeBytes})
	if err != nil {
		return err
	}
	for _, t := range taken {
		if !t.OK {
			return faultf(NoSpace, "the tree is full: %d of %d bytes are used; delete entries first", t.Used, maxTreeBytes)
		}
	}
	return nil
}

// Delete removes an entry of the trees that agents write.
func (v *VFS) Delete(ctx context.Context, identity, name string) (string, error) {
	name, err := cleanPath(name)
	if err != nil {
		return "", err
	}
	if err := writable(name); err != nil {
		return "", err
	}
	version, size, err := v.before(ctx, identity, name)
	switch {
	case err != nil:
		return "", err
	case etagOrNone(version) == noETag:
		return "", faultf(NotFound, "%s does not exist", name)
	}
	if _, err := v.store.CompareAndSwap(ctx, key(identity, name), version, nil, 0); err != nil {
		return "", lost(name, err)
	}
	v.changed(key(identity, name))
	return name, v.charge(ctx, identity, -int64(size))
}

// List returns the entries below a path by name, at most limit behind the path after, and whether there are more.
func (v *VFS) List(ctx context.Context, identity, below, after string, limit int) ([]Entry, bool, error) {
	below, err := cleanPath(below)
	if err != nil {
		return nil, false, err
	}
	limit = max(1, min(limit, maxListed))
	prefix := strings.TrimSuffix(below, "/") + "/"
	from := max(after, strings.TrimSuffix(prefix, "/"))
	entries := []Entry{}
	for {
		page, err := v.store.List(ctx, treeOf(identity), strings.TrimPrefix(from, "/"), limit+1)
		if err != nil {
			return nil, false, err
		}
		for _, item := range page {
			from = "/" + strings.TrimPrefix(item.Key, treeOf(identity)+"/")
			switch {
			case from < prefix:
				continue
			case !strings.HasPrefix(from, prefix):
				return entries, false, nil
			case len(entries) == limit:
				return entries, true, nil
			}
			e, err := entryOf(from, item.Value, item.Version, false)
			if err != nil {
				return nil, false, err
			}
			entries = append(entries, e)
		}
		if len(page) <= limit {
			return entries, false, nil
		}
	}
}

// Watch begins to watch an entry, which need not exist. When it returns, no later change is missed; what it returns
// calls changed whenever the entry was written or deleted, by this process at once and by another within a second,
// until ctx ends.
func (v *VFS) Watch(ctx context.Context, identity, name string, changed func()) (run func() error, err error) {
	name, err = cleanPath(name)
	if err != nil {
		return nil, err
	}
	last, _, err := v.before(ctx, identity, name)
	if err != nil {
		return nil, err
	}
	wake := make(chan struct{}, 1)
	v.wait(key(identity, name), wake, true)
	return func() error {
		defer v.wait(key(identity, name), wake, false)
		return v.watch(ctx, identity, name, last, wake, changed)
	}, nil
}

func (v *VFS) watch(ctx context.Context, identity, name string, last state.Version, wake <-chan struct{}, changed func()) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-ticker.C:
		}
		at, _, err := v.before(ctx, identity, name)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case at != last:
			last = at
			changed()
		}
	}
}

func (v *VFS) wait(key string, wake chan struct{}, on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if on {
		if v.waiters[key] == nil {
			v.waiters[key] = map[chan struct{}]struct{}{}
		}
		v.waiters[key][wake] = struct{}{}
		return
	}
	if delete(v.waiters[key], wake); len(v.waiters[key]) == 0 {
		delete(v.waiters, key)
	}
}

// changed wakes whoever watches a key in this process.
func (v *VFS) changed(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for wake := range v.waiters[key] {
		select {
		case wake <- struct{}{}:
		default: // awake already
		}
	}
}

// noETag is the etag of what does not exist.
const noETag = "none"

// etag is a version as callers see it.
func etag(v state.Version) string { return strconv.FormatUint(uint64(v), 16) }

func etagOrNone(v state.Version) string {
	if v == 0 {
		return noETag
	}
	return etag(v)
}
