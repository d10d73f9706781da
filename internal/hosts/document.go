package hosts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrPath says that a document cannot hold what a path names.
var ErrPath = errors.New("there is no such place in the file")

// End is, as the last name of a path, the place behind the last element of an array.
const End = "-"

// A Document is a text of JSON that may have comments, and commas behind the last member, as editors allow them in their settings.
// It is changed in place: a change leaves every byte that it is not about as it was, so comments, indentation, the order of members
// and the ends of lines stay. A path is names of members and indexes of elements, from the outside in.
//
// A Document is not safe for concurrent use.
type Document struct {
	text  []byte
	root  value
	loose []span
}

// Parse reads a text, and keeps a copy of it. A text with no value in it is an empty object behind whatever comments there are. What is
// wrong is an ErrSyntax with its line.
func Parse(text []byte) (*Document, error) {
	d := &Document{}
	if err := d.become(bytes.Clone(text)); err != nil {
		return nil, err
	}
	if d.root.kind == 0 {
		if n := len(d.loose); n > 0 && d.loose[n-1].to == len(d.text) {
			d.text = append(d.text, '\n')
		}
		if err := d.become(append(d.text, "{}\n"...)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Document) become(text []byte) error {
	root, loose, err := scan(text)
	if err != nil {
		return err
	}
	d.text, d.root, d.loose = text, root, loose
	return nil
}

// Bytes is the text. It is the document's own: whoever wants to change it takes a copy.
func (d *Document) Bytes() []byte { return d.text }

// JSON is the text in strict JSON: of the same length, with spaces for what strict JSON does not know.
func (d *Document) JSON() []byte {
	text := bytes.Clone(d.text)
	if bytes.HasPrefix(text, []byte(bom)) {
		copy(text, "   ")
	}
	for _, s := range d.loose {
		for i := s.from; i < s.to; i++ {
			if text[i] != '\n' && text[i] != '\r' {
				text[i] = ' '
			}
		}
	}
	return text
}

// Decode reads the value at a path as encoding/json does, and reports whether there is one.
func (d *Document) Decode(into any, path ...string) (bool, error) {
	v, missing, err := d.find(path)
	if err != nil || len(missing) > 0 {
		return false, err
	}
	if err := json.Unmarshal(d.JSON()[v.from:v.to], into); err != nil {
		return true, fmt.Errorf("%s: %w", strings.Join(path, "."), err)
	}
	return true, nil
}

// Raw is the text of the value at a path, comments and all; it is empty where there is none.
func (d *Document) Raw(path ...string) string {
	v, missing, err := d.find(path)
	if err != nil || len(missing) > 0 {
		return ""
	}
	return string(d.text[v.from:v.to])
}

// Names are those of the members of the object at a path, or the indexes of an array, as they stand there. Where there is neither, there are none.
func (d *Document) Names(path ...string) []string {
	v, missing, err := d.find(path)
	if err != nil || len(missing) > 0 {
		return nil
	}
	var names []string
	for i := range v.items {
		names = append(names, v.items[i].name)
	}
	return names
}

// find goes along a path as far as there is one, and returns the value that it comes to and the names that lead further. A name that
// stands in an object twice is an error, because programs differ in which they mean.
func (d *Document) find(path []string) (*value, []string, error) {
	at := &d.root
	for i, name := range path {
		if !at.holds() {
			return nil, nil, fmt.Errorf("%w: %s is neither an object nor an array", ErrPath, strings.Join(path[:i], "."))
		}
		which, err := at.index(name)
		if err != nil {
			return nil, nil, err
		}
		if which < 0 {
			return at, path[i:], nil
		}
		at = &at.items[which].value
	}
	return at, nil, nil
}

// index finds an item, -1 if there is none of that name.
func (v *value) index(name string) (int, error) {
	is := func(it item) bool { return it.name == name }
	first := slices.IndexFunc(v.items, is)
	if first >= 0 && slices.IndexFunc(v.items[first+1:], is) >= 0 {
		return 0, fmt.Errorf("%w: %s stands there twice", ErrPath, name)
	}
	return first, nil
}

// Set writes a value at a path as encoding/json does, with the indentation of its neighbours. Objects that are missing on the way are
// made. What is there already is replaced.
func (d *Document) Set(v any, path ...string) error {
	var text bytes.Buffer
	w := json.NewEncoder(&text)
	w.SetEscapeHTML(false)
	if err := w.Encode(v); err != nil {
		return err
	}
	return d.put(path, func(l layout) string { return l.format(text.Bytes()) })
}

// SetRaw writes a text as Raw has returned it, as it is.
func (d *Document) SetRaw(text string, path ...string) error {
	if v, _, err := scan([]byte(text)); err != nil {
		return err
	} else if v.kind == 0 || v.from != 0 || v.to != len(text) {
		return fmt.Errorf("%w: the text is more than a value, or less", ErrSyntax) // which may hold secrets, so it is not shown
	}
	return d.put(path, func(layout) string { return text })
}

func (d *Document) put(path []string, text func(layout) string) error {
	at, missing, err := d.find(path)
	switch {
	case err != nil:
		return err
	case len(missing) == 0:
		return d.splice(splice{at.span, text(d.around(at))})
	case at.kind == '[' && missing[0] != End:
		return fmt.Errorf("%w: %s is an array", ErrPath, strings.Join(path[:len(path)-len(missing)], "."))
	case len(missing) > 1:
		if err := d.put(path[:len(path)-len(missing)+1], func(layout) string { return "{}" }); err != nil {
			return err
		}
		return d.put(path, text)
	}
	return d.add(at, missing[0], text)
}

// add writes an item behind the last one.
func (d *Document) add(to *value, name string, text func(layout) string) error {
	l := d.layoutOf(to)
	written := text(l)
	if to.kind == '{' {
		quoted, err := json.Marshal(name)
		if err != nil {
			return err
		}
		written = string(quoted) + l.colon + written
	}
	end := d.trimmed(to.to - 1)
	if len(to.items) == 0 {
		behind := end
		if l.after != "" {
			behind = to.to - 1 // there are only spaces on the same line
		}
		return d.splice(splice{span{end, behind}, l.before + written + l.after})
	}
	last := &to.items[len(to.items)-1]
	if last.comma >= 0 {
		return d.splice(splice{span{end, end}, l.before + written + ","})
	}
	behind := last.value.to
	return d.splice(splice{span{behind, behind}, ","}, splice{span{end, end}, l.before + written})
}

// trimmed goes back over the spaces before a place.
func (d *Document) trimmed(at int) int {
	for at > 0 && isSpace(d.text[at-1]) {
		at--
	}
	return at
}

// Remove takes a member or an element out, and reports whether it was there. It undoes Set exactly where that made nothing on the way and
// replaced nothing; only an object of spaces becomes one without.
func (d *Document) Remove(path ...string) (bool, error) {
	if len(path) == 0 {
		return false, fmt.Errorf("%w: the whole cannot be taken out", ErrPath)
	}
	parent, missing, err := d.find(path[:len(path)-1])
	if err != nil || len(missing) > 0 {
		return false, err
	}
	which, err := parent.index(path[len(path)-1])
	if err != nil || which < 0 {
		return false, err
	}
	return true, d.splice(d.cut(parent, which)...)
}

// cut is what takes an item out, in the order of the text.
func (d *Document) cut(parent *value, which int) []splice {
	it := &parent.items[which]
	out := splice{span: span{d.trimmed(it.from), it.value.to}}
	cuts := []splice{out}
	rest := out.to
	if it.comma >= 0 {
		cuts = append(cuts, splice{span: span{it.comma, it.comma + 1}})
		if it.comma == it.value.to {
			rest++
		}
	} else if which > 0 {
		comma := parent.items[which-1].comma
		cuts = slices.Insert(cuts, 0, splice{span: span{comma, comma + 1}})
	}
	if d.endsComment(out.from) && d.text[rest] != '\n' && d.text[rest] != '\r' {
		cuts[slices.Index(cuts, out)].from = it.from // what follows must not get into the comment
	}
	if len(parent.items) == 1 && d.blank(parent, cuts) {
		return []splice{{span: span{parent.from + 1, parent.to - 1}}}
	}
	return cuts
}

// endsComment reports whether a comment that goes to the end of its line ends here.
func (d *Document) endsComment(at int) bool {
	return slices.ContainsFunc(d.loose, func(s span) bool { return s.to == at && d.text[s.from] == '/' && d.text[s.from+1] == '/' })
}

// blank reports whether nothing but spaces is left in a value after cuts.
func (d *Document) blank(v *value, cuts []splice) bool {
	at := v.from + 1
	for _, c := range append(cuts, splice{span: span{v.to - 1, v.to}}) {
		if at < c.from && len(bytes.TrimSpace(d.text[at:c.from])) > 0 {
			return false
		}
		at = c.to
	}
	return true
}

// A splice is what stands instead of a part of a text.
type splice struct {
	span

	text string
}

// splice changes the text. The splices are in its order and do not overlap.
func (d *Document) splice(all ...splice) error {
	var b bytes.Buffer
	at := 0
	for _, s := range all {
		b.Write(d.text[at:s.from])
		b.WriteString(s.text)
		at = s.to
	}
	b.Write(d.text[at:])
	return d.become(b.Bytes())
}
