package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
)

// print writes a result: as JSON when that was asked for, otherwise as the table that text fills.
func (a *app) print(result any, text func(t *table)) error {
	if a.output == "json" {
		w := json.NewEncoder(a.out)
		w.SetEscapeHTML(false)
		w.SetIndent("", "  ")
		return w.Encode(result)
	}
	t := &table{w: tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)}
	text(t)
	return t.w.Flush()
}

// A table is text in aligned columns.
type table struct{ w *tabwriter.Writer }

// row adds a line of cells.
func (t *table) row(cells ...string) { fmt.Fprintln(t.w, strings.Join(cells, "\t")) }

// line adds a line that is no part of the columns above it.
func (t *table) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// orDash stands for what is not known or not there.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// joined is a list in one cell.
func joined(list []string) string { return orDash(strings.Join(list, ", ")) }

// oneLine keeps a text that came from outside within a cell: without control characters, and short.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func fraction(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// text adds text that has its own lines.
func (t *table) text(text []byte) { _, _ = t.w.Write(text) }
