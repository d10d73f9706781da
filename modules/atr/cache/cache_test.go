package cache_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/cache"
)

func at(second int) time.Time { return time.Unix(int64(second), 0) }

func key(text string) cache.Key { return cache.KeyOf([]byte(text)) }

func Example() {
	var c cache.Cache
	asked := cache.KeyOf([]byte("ann"), []byte("weather"), []byte(`{"city":"Oslo"}`))
	c.Put(asked, "weather", c.Era("weather"), []byte("snow"), at(30))
	answer, ok := c.Get(asked, at(29))
	fmt.Println(string(answer), ok)
	_, ok = c.Get(asked, at(30))
	fmt.Println(ok)
	// Output:
	// snow true
	// false
}

// Other parts have another key, however they are put together.
func TestKeyOf(t *testing.T) {
	t.Parallel()
	seen := map[cache.Key][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}} {
		raw := make([][]byte, len(parts))
		for i, part := range parts {
			raw[i] = []byte(part)
		}
		k := cache.KeyOf(raw...)
		if other, known := seen[k]; known {
			t.Errorf("%q and %q have one key", other, parts)
		}
		seen[k] = parts
	}
}

// What is kept can be changed by nobody, and what was asked for before its group was forgotten is not kept.
func TestCache(t *testing.T) {
	t.Parallel()
	var c cache.Cache
	doc := []byte("one")
	c.Put(key("a"), "g", c.Era("g"), doc, at(10))
	doc[0] = 'x'
	got, _ := c.Get(key("a"), at(0))
	got[0] = 'y'
	if again, ok := c.Get(key("a"), at(0)); !ok || string(again) != "one" {
		t.Errorf("%s", again)
	}
	era := c.Era("g")
	c.Put(key("b"), "h", c.Era("h"), doc, at(10))
	c.Forget("g")
	c.Put(key("a"), "g", era, doc, at(10))
	if _, ok := c.Get(key("a"), at(0)); ok {
		t.Error("it was forgotten")
	}
	if _, ok := c.Get(key("b"), at(0)); !ok {
		t.Error("another group was forgotten")
	}
	c.Put(key("large"), "g", c.Era("g"), make([]byte, cache.MaxAnswer+1), at(10))
	if n, size := c.Len(); n != 1 || size != 3 {
		t.Errorf("%d of %d bytes", n, size)
	}
	for i := range cache.MaxEntries + 10 {
		_, _ = c.Get(key("b"), at(0)) // asked for all the time
		c.Put(key(fmt.Sprint(i)), "g", c.Era("g"), []byte("x"), at(10))
	}
	if n, _ := c.Len(); n != cache.MaxEntries {
		t.Errorf("%d entries", n)
	}
	if _, ok := c.Get(key("b"), at(0)); !ok {
		t.Error("what was asked for last made room")
	}
	for i := range 2 * cache.MaxBytes / cache.MaxAnswer {
		c.Put(key(fmt.Sprint("large", i)), "g", c.Era("g"), make([]byte, cache.MaxAnswer), at(10))
	}
	if _, size := c.Len(); size > cache.MaxBytes {
		t.Errorf("%d bytes", size)
	}
}

// It answers as a map of what was kept last would, or not at all.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c cache.Cache
		type kept struct {
			doc, group string
			until      int
		}
		model, now := map[string]kept{}, 0
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			k, g := name.Draw(t, "key"), name.Draw(t, "group")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				doc, until := fmt.Sprint(now, k), now+rapid.IntRange(0, 5).Draw(t, "for")
				c.Put(key(k), g, c.Era(g), []byte(doc), at(until))
				model[k] = kept{doc, g, until}
			case 1:
				c.Forget(g)
				for k, v := range model {
					if v.group == g {
						delete(model, k)
					}
				}
			case 2:
				now++
			default:
				want, known := model[k]
				known = known && now < want.until
				if got, ok := c.Get(key(k), at(now)); ok != known || ok && string(got) != want.doc {
					t.Fatalf("%s at %d: %s, %v, want %+v", k, now, got, ok, want)
				}
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	var c cache.Cache
	for i := range 1000 {
		c.Put(key(fmt.Sprint(i)), "g", 0, make([]byte, 1<<10), at(10))
	}
	k := key("7")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Get(k, at(0)); !ok {
			b.Fatal("gone")
		}
	}
}
