package metric

import (
	"cmp"
	"slices"
)

// A Set keeps the metrics of one table. It is safe for concurrent use. Make it with New.
type Set struct {
	families []*Family // by name
	byName   map[string]*Family
}

// New returns a set for a table, or everything that is wrong with it. The table is the set's from now on.
func New(table []Desc) (*Set, error) {
	if err := Check(table); err != nil {
		return nil, err
	}
	s := &Set{byName: make(map[string]*Family, len(table))}
	for i := range table {
		f := newFamily(&table[i])
		s.families = append(s.families, f)
		s.byName[f.desc.Name] = f
	}
	slices.SortFunc(s.families, func(a, b *Family) int { return cmp.Compare(a.desc.Name, b.desc.Name) })
	return s, nil
}

// Family returns the family of a name, nil where the table has none. What a nil family is told is dropped.
func (s *Set) Family(name string) *Family { return s.byName[name] }

// Families returns all families by name. The slice is the set's.
func (s *Set) Families() []*Family { return s.families }
