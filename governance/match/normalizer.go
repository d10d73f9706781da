package match

import (
	"hash/maphash"
	"slices"
)

// A Normalizer shows a text in all forms that someone may take it for: what is invisible taken away, letters as they look,
// encodings undone, and each within the other. The zero value is ready and undoes every form; a Normalizer is not safe for
// concurrent use, and one that is used again allocates next to nothing.
//
// Its work is bounded: at most MaxViews views and MaxLayers layers, and of bytes as many as a small multiple of the text.
// Of a text of plain ASCII in which there is nothing to be undone it reads every byte once.
type Normalizer struct {
	Skip Forms // which are not to be undone

	levels []level
	seed   maphash.Seed
	seeded bool
	seen   []uint64 // hashes of the views of the current text
	spent  int      // bytes of them
	most   int      // of them that are allowed
	visit  func(View) bool
	pieces pieces
	plain  bool // there was nothing to be undone in the last text
}

// The stages of a view are the forms that it cannot be in any more, in the order in which they are undone.
type stage uint8

const (
	stageRaw stage = iota
	stageSeen
	stageCompat
	stageConfusable
	stageComment
	stageShell
	stageSpace
)

// Each shows the text itself and then every other form of it, each once, until visit returns false. A text of which more
// lies beneath than the bounds allow is ErrLayers; what was within them has been shown then. The text is UTF-8; it is
// neither kept nor changed, and no form of it is larger than viewBytes and viewTimes the text.
func (n *Normalizer) Each(text []byte, visit func(View) bool) error {
	if len(n.levels) == 0 {
		n.levels = append(n.levels, level{})
	}
	n.plain = false
	if !visit(View{Text: text, normalizer: n}) {
		return nil
	}
	t := traitsOf(text).sharpened(text, n.Skip)
	n.pieces.skip = n.Skip
	if from, _ := n.pieces.next(text, 0); t == 0 && from == len(text) {
		n.plain = true
		return nil
	}
	n.visit, n.seen, n.spent, n.most = visit, n.seen[:0], 0, viewBytes+viewTimes*len(text)
	n.levels[0].text = text
	_, err := n.beneath(0, stageRaw, 0, t)
	n.plain = t == 0 && len(n.seen) == 0 && err == nil
	n.forget()
	return err
}

// forget lets go of the text, and of buffers that a large one has grown.
func (n *Normalizer) forget() {
	n.visit = nil
	n.levels[0].text = nil
	for i := range n.levels {
		l := &n.levels[i]
		if cap(l.text) > 4*keptBytes {
			l.text = nil
		}
		if cap(l.edits) > keptBytes/4 {
			l.edits = nil
		}
	}
	n.pieces.forget()
}

// explore shows the view at a level and all that can be made of it. It reports false when visit wants no more.
func (n *Normalizer) explore(at int, from stage, layer int) (bool, error) {
	text := n.levels[at].text
	if !n.visit(View{Text: text, Layer: layer, normalizer: n, level: at}) {
		return false, nil
	}
	return n.beneath(at, from, layer, traitsOf(text).sharpened(text, n.Skip))
}

// beneath shows all that can be made of the view at a level, which has the traits.
func (n *Normalizer) beneath(at int, from stage, layer int, t traits) (bool, error) {
	if t&(traitWide|traitControl) != 0 && from < stageCompat {
		done, goOn, err := n.visible(at, from, layer, t)
		if done || !goOn || err != nil {
			return goOn, err
		}
	}
	for _, step := range [...]struct {
		stage stage
		when  traits
		make  func(*level, []byte)
		form  Forms
	}{
		{stageConfusable, traitWide, confusable, Confusable},
		{stageComment, traitRemark, uncomment, Comment},
		{stageComment, traitRemark, tighten, Comment},
		{stageShell, traitQuote | traitSlash, unquote, Shell},
		{stageSpace, traitSpace, collapse, Space},
	} {
		if from >= step.stage || t&step.when == 0 || n.Skip&step.form != 0 {
			continue
		}
		if goOn, err := n.child(at, step.stage, layer, step.make); !goOn || err != nil {
			return goOn, err
		}
	}
	return n.decoded(at, layer, t)
}

// visible undoes what is not seen, and compatibility. It reports done when what it made takes the place of the view in all
// that follows.
func (n *Normalizer) visible(at int, from stage, layer int, t traits) (done, goOn bool, err error) {
	text := n.levels[at].text
	if from < stageSeen && t&traitWide != 0 && n.Skip&Tags == 0 {
		if goOn, err = n.within(at, layer, hidden); !goOn || err != nil {
			return false, goOn, err
		}
	}
	if from < stageSeen && n.Skip&Invisible == 0 {
		if l := n.level(at + 1); made(l, text, visible) {
			if goOn, err = n.show(at+1, stageSeen, layer); goOn && err == nil {
				goOn, err = n.decoded(at, layer, t) // an encoding may hold the other half of what was taken away
			}
			return true, goOn, err
		}
	}
	if t&traitWide != 0 && n.Skip&Compat == 0 {
		if l := n.level(at + 1); made(l, text, compatible) {
			goOn, err = n.show(at+1, stageCompat, layer)
			return true, goOn, err
		}
	}
	return false, true, nil
}

// decoded undoes encodings, each a layer of its own.
func (n *Normalizer) decoded(at, layer int, t traits) (bool, error) {
	if t&(traitSlash|traitSign) != 0 && n.Skip&(Percent|Escape|Entity) != Percent|Escape|Entity {
		if goOn, err := n.within(at, layer, func(l *level, text []byte) { unescape(l, text, n.Skip) }); !goOn || err != nil {
			return goOn, err
		}
	}
	if n.Skip&(Base64|Hex) == Base64|Hex {
		return true, nil
	}
	n.pieces.most = n.most - n.spent
	goOn, err := n.within(at, layer, n.pieces.decode)
	if n.pieces.over {
		n.pieces.over = false
		return false, ErrLayers
	}
	return goOn, err
}

// within explores what lies within a view, one layer deeper.
func (n *Normalizer) within(at, layer int, make func(*level, []byte)) (bool, error) {
	text := n.levels[at].text
	if l := n.level(at + 1); !made(l, text, make) {
		return true, nil
	}
	if layer == MaxLayers && !n.known(n.levels[at+1].text) {
		return false, ErrLayers
	}
	return n.show(at+1, stageRaw, layer+1)
}

// child explores another form of a view.
func (n *Normalizer) child(at int, to stage, layer int, make func(*level, []byte)) (bool, error) {
	text := n.levels[at].text
	if l := n.level(at + 1); !made(l, text, make) {
		return true, nil
	}
	return n.show(at+1, to, layer)
}

// level returns the level at an index, empty.
func (n *Normalizer) level(i int) *level {
	for len(n.levels) <= i {
		n.levels = append(n.levels, level{})
	}
	n.levels[i].reset()
	return &n.levels[i]
}

// made makes a view of a text and reports whether it is another.
func made(l *level, text []byte, make func(*level, []byte)) bool {
	make(l, text)
	return len(l.edits) > 0
}

// show explores a view that has not been seen yet.
func (n *Normalizer) show(at int, from stage, layer int) (bool, error) {
	l := &n.levels[at]
	if len(l.text) == 0 || n.known(l.text) {
		return true, nil
	}
	n.seen = append(n.seen, maphash.Bytes(n.seed, l.text))
	if n.spent += len(l.text); n.spent > n.most || len(n.seen) > MaxViews {
		return false, ErrLayers
	}
	return n.explore(at, from, layer)
}

// known reports whether a view has been shown before. The seed is secret, so nobody can make texts that only seem so.
func (n *Normalizer) known(text []byte) bool {
	if !n.seeded {
		n.seed, n.seeded = maphash.MakeSeed(), true
	}
	if len(n.seen) == 0 {
		n.seen = append(n.seen, maphash.Bytes(n.seed, n.levels[0].text))
	}
	return slices.Contains(n.seen, maphash.Bytes(n.seed, text))
}
