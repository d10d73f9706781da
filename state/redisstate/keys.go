package redisstate

import "strings"

// names makes the keys of Redis. What is in braces decides the hash slot, so braces within a name are escaped.
type names struct{ prefix string }

// tag is a name in braces.
func tag(name string) string {
	if strings.ContainsAny(name, "{}%") {
		name = strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D").Replace(name)
	}
	return "{" + name + "}"
}

// split cuts a key, which has passed state.CheckKey, at its first slash.
func split(key string) (collection, rest string) {
	collection, rest, _ = strings.Cut(key, "/")
	return collection, rest
}

func (n names) items(collection string) string { return n.prefix + "v:" + tag(collection) + "/" }

func (n names) item(key string) string {
	collection, rest := split(key)
	return n.items(collection) + rest
}

// index are the keys of a collection that scripts keep beside its items: index, due, newest.
func (n names) index(collection string) (index, due, newest string) {
	t := tag(collection)
	return n.prefix + "i:" + t, n.prefix + "e:" + t, n.prefix + "n:" + t
}

// counters are the keys of a shard: with windows and without.
func (n names) counters(shard string) (windows, fixed string) {
	t := tag(shard)
	return n.prefix + "c:" + t, n.prefix + "f:" + t
}

func (n names) records(stream string) string { return n.prefix + "s:" + tag(stream) }

// last is the key of the number of a stream's last record.
func (n names) last(stream string) string { return n.prefix + "l:" + tag(stream) }

// news is the channel on which the name of a stream is told that has got records.
func (n names) news() string { return n.prefix + "news" }

// slots is how many hash slots a cluster has.
const slots = 16384

// slot is the hash slot of a key that names has made: CRC-16/XMODEM of what is in braces, as the specification of Redis
// Cluster says.
func slot(key string) int {
	_, inside, _ := strings.Cut(key, "{")
	inside, _, _ = strings.Cut(inside, "}")
	crc := uint16(0)
	for _, b := range []byte(inside) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc % slots)
}
