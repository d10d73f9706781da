package statetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A model is what a backend means, written as plainly as possible: everything is in one map and is looked at again and
// again. Versions are not part of it; the walk notes those that it has seen.
type model struct {
	items    map[string]modelItem
	counters map[modelCounter]int64
}

type modelItem struct {
	value   string
	expires time.Time
}

type modelCounter struct {
	shard, name string
	window      time.Duration
	number      int64 // of the window since the epoch
}

// forget removes what has expired.
func (m *model) forget(now time.Time) {
	for key, it := range m.items {
		if !it.expires.IsZero() && !now.Before(it.expires) {
			delete(m.items, key)
		}
	}
}

func (m *model) set(now time.Time, key, value string, ttl time.Duration) {
	it := modelItem{value: value}
	if ttl > 0 {
		it.expires = now.Add(ttl)
	}
	m.items[key] = it
}

func (m *model) list(collection, after string, limit int) (keys []string) {
	for key := range m.items {
		if rest, in := strings.CutPrefix(key, collection+"/"); in && rest > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(limit, len(keys))]
}

// take charges claims to a copy of the counters, which replaces them if all had room.
func (m *model) take(now time.Time, shard string, claims []state.Claim) (ok []bool, used []int64) {
	trial := map[modelCounter]int64{}
	maps.Copy(trial, m.counters)
	all := true
	for _, c := range claims {
		counter := modelCounterOf(now, shard, c)
		fits := c.N <= 0 || trial[counter]+c.N <= c.Limit
		if fits {
			trial[counter] = max(0, trial[counter]+c.N)
		}
		all = all && fits
		ok, used = append(ok, fits), append(used, trial[counter])
	}
	if all {
		m.counters = trial
		return ok, used
	}
	for i, c := range claims {
		used[i] = m.counters[modelCounterOf(now, shard, c)]
	}
	return ok, used
}

func modelCounterOf(now time.Time, shard string, c state.Claim) modelCounter {
	counter := modelCounter{shard: shard, name: c.Name, window: c.Window}
	if c.Window > 0 {
		counter.number = now.UnixNano() / int64(c.Window)
	}
	return counter
}

// A walk does the same to a backend and to the model.
type walk struct {
	subject *Subject
	backend state.Backend
	model   model
	seen    map[string][]state.Version // versions of each key, the newest last
}

func walkBackend(t *testing.T, s *Subject) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		w := &walk{
			subject: s, backend: state.Prefixed(fmt.Sprint("run", run), s.Backend),
			model: model{items: map[string]modelItem{}, counters: map[modelCounter]int64{}}, seen: map[string][]state.Version{},
		}
		actions := map[string]func(*rapid.T){
			"set": w.set, "delete": w.delete, "write": w.write, "swap": w.swap, "list": w.list, "": w.check,
		}
		if s.virtual() {
			actions["take"], actions["advance"] = w.take, w.advance
		}
		r.Repeat(actions)
	})
}

func drawKey(r *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "ab", "b"}).Draw(r, "collection") + "/" +
		rapid.SampledFrom([]string{"x", "y", "y/z", "é", "%"}).Draw(r, "rest")
}

func drawValue(r *rapid.T) string { return rapid.StringN(0, 3, -1).Draw(r, "value") }

func (w *walk) drawTTL(r *rapid.T) time.Duration {
	if !w.subject.virtual() {
		return 0
	}
	return time.Duration(rapid.SampledFrom([]int{0, 1, 5, 20}).Draw(r, "ttl")) * time.Millisecond
}

func (w *walk) set(r *rapid.T) {
	key, value, ttl := drawKey(r), drawValue(r), w.drawTTL(r)
	must(r, w.backend.Set(r.Context(), key, []byte(value), ttl))
	w.model.set(w.subject.now(), key, value, ttl)
}

func (w *walk) delete(r *rapid.T) {
	key := drawKey(r)
	must(r, w.backend.Delete(r.Context(), key))
	delete(w.model.items, key)
}

func (w *walk) write(r *rapid.T) {
	var puts []state.Put
	for range rapid.IntRange(0, 4).Draw(r, "puts") {
		p := state.Put{Key: drawKey(r), Value: []byte(drawValue(r)), TTL: w.drawTTL(r)}
		puts = append(puts, p)
		w.model.set(w.subject.now(), p.Key, string(p.Value), p.TTL)
	}
	must(r, w.backend.Write(r.Context(), puts...))
}

// swap uses the present version, an older one of the key, or none.
func (w *walk) swap(r *rapid.T) {
	key, ttl := drawKey(r), w.drawTTL(r)
	present := versionOf(r, w.backend, key)
	old := rapid.SampledFrom(append([]state.Version{0, present}, w.seen[key]...)).Draw(r, "old")
	var value []byte
	if !rapid.Bool().Draw(r, "delete") {
		value = append([]byte{}, drawValue(r)...)
	}
	version, err := w.backend.CompareAndSwap(r.Context(), key, old, value, ttl)
	switch {
	case old != present:
		wantErr(r, "CompareAndSwap", err, state.ErrConflict)
	case value == nil:
		must(r, err)
		delete(w.model.items, key)
	default:
		must(r, err)
		if got := versionOf(r, w.backend, key); got != version {
			r.Errorf("CompareAndSwap returned version %d, Get has %d", version, got)
		}
		w.model.set(w.subject.now(), key, string(value), ttl)
	}
}

func (w *walk) list(r *rapid.T) {
	collection := rapid.SampledFrom([]string{"a", "ab", "b", "c"}).Draw(r, "collection")
	after := rapid.SampledFrom([]string{"", "x", "y", "y/", "z"}).Draw(r, "after")
	limit := rapid.IntRange(1, 6).Draw(r, "limit")
	page, err := w.backend.List(r.Context(), collection, after, limit)
	must(r, err)
	w.model.forget(w.subject.now())
	if want := w.model.list(collection, after, limit); !slices.Equal(keysOf(page), want) {
		r.Errorf("List has %q, want %q", keysOf(page), want)
	}
}

func (w *walk) take(r *rapid.T) {
	shard := rapid.SampledFrom([]string{"alice", "bob"}).Draw(r, "shard")
	var claims []state.Claim
	for range rapid.IntRange(1, 4).Draw(r, "claims") {
		claims = append(claims, state.Claim{
			Name: rapid.SampledFrom([]string{"m", "n"}).Draw(r, "name"), N: rapid.Int64Range(-4, 6).Draw(r, "n"),
			Limit:  rapid.Int64Range(-1, 12).Draw(r, "limit"),
			Window: time.Duration(rapid.SampledFrom([]int{0, 10, 15}).Draw(r, "window")) * time.Millisecond,
		})
	}
	taken, err := w.backend.Take(r.Context(), shard, claims...)
	must(r, err)
	ok, used := w.model.take(w.subject.now(), shard, claims)
	want := make([]state.Taken, len(claims))
	for i, c := range claims {
		want[i] = state.Taken{Name: c.Name, OK: ok[i], Used: used[i], Limit: c.Limit}
		if c.Window > 0 {
			number := modelCounterOf(w.subject.now(), shard, c).number
			want[i].Ends = time.Unix(0, (number+1)*int64(c.Window)).UTC()
		}
	}
	if diff := cmp.Diff(want, taken); diff != "" {
		r.Errorf("Take %+v: want (-), got (+):\n%s", claims, diff)
	}
}

func (w *walk) advance(r *rapid.T) {
	w.subject.advance(time.Duration(rapid.IntRange(1, 12).Draw(r, "ms")) * time.Millisecond)
}

// check compares every key that the walk can reach, and notes the versions.
func (w *walk) check(r *rapid.T) {
	w.model.forget(w.subject.now())
	for _, collection := range []string{"a", "ab", "b"} {
		page, err := w.backend.List(r.Context(), collection, "", state.MaxPage)
		must(r, err)
		if want := w.model.list(collection, "", state.MaxPage); !slices.Equal(keysOf(page), want) {
			r.Fatalf("collection %s has %q, want %q", collection, keysOf(page), want)
		}
		for _, e := range page {
			it := w.model.items[e.Key]
			if string(e.Value) != it.value || !e.Expires.Equal(it.expires) {
				r.Errorf("%s is %q until %v, want %q until %v", e.Key, e.Value, e.Expires, it.value, it.expires)
			}
			w.note(r, e)
		}
	}
}

func (w *walk) note(r *rapid.T, e state.Entry) {
	versions := w.seen[e.Key]
	at := slices.Index(versions, e.Version)
	switch {
	case at < 0:
		w.seen[e.Key] = append(versions, e.Version)
	case at < len(versions)-1:
		r.Errorf("%s has version %d again", e.Key, e.Version)
	}
}

// walkLog compares one stream with a slice of all that was ever appended.
func walkLog(t *testing.T, s *Subject) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		stream := fmt.Sprint("run", run)
		var all []string
		oldest := state.Seq(1)
		r.Repeat(map[string]func(*rapid.T){
			"append": func(r *rapid.T) {
				values := rapid.SliceOfN(rapid.StringN(0, 3, -1), 0, 4).Draw(r, "values")
				last := state.Seq(len(all))
				after := rapid.SampledFrom([]state.Seq{state.Tail, last, last + 1, last / 2}).Draw(r, "after")
				seq, err := s.Log.Append(r.Context(), stream, after, toBytes(values)...)
				if after != state.Tail && after != last {
					wantErr(r, "Append", err, state.ErrConflict)
					return
				}
				must(r, err)
				if all = append(all, values...); seq != state.Seq(len(all)) {
					r.Errorf("Append returned %d, want %d", seq, len(all))
				}
			},
			"trim": func(r *rapid.T) {
				before := state.Seq(rapid.IntRange(0, len(all)+2).Draw(r, "before"))
				must(r, s.Log.Trim(r.Context(), stream, before))
				oldest = max(oldest, min(before, state.Seq(len(all)+1)))
			},
			"": func(r *rapid.T) {
				from := state.Seq(rapid.IntRange(0, len(all)+2).Draw(r, "from"))
				must(r, compareStream(r.Context(), s, stream, all, max(from, oldest), from))
			},
		})
	})
}

// compareStream reads from a number and wants what is in all from the number first on.
func compareStream(ctx context.Context, s *Subject, stream string, all []string, first, from state.Seq) error {
	for record, err := range s.Log.Read(ctx, stream, from) {
		switch {
		case err != nil:
			return err
		case record.Seq != first || first > state.Seq(len(all)) || string(record.Value) != all[first-1]:
			return fmt.Errorf("from %d: record %d %q where %d was wanted", from, record.Seq, record.Value, first)
		}
		first++
	}
	if first <= state.Seq(len(all)) {
		return errors.New("reading ended before the end of the stream")
	}
	return nil
}
